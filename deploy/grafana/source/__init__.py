"""The Grafana dashboards as code: `make dashboards` writes deploy/grafana/dashboards/*.json from here.

`look.py` says what a panel may look like, `panels.py` makes one, `frame.py` puts them on a page with ward, annotations
and links, and one file a dashboard says what it asks Prometheus.
"""
