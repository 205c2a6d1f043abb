"""What operators see of the service: metrics, health, logs. Never a patient identifier.

Patients are watched on the alert topics; this room watches the service that watches them.
"""
