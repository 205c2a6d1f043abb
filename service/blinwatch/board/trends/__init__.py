"""What was: the course of each patient and of the ward, kept so that a page can look back further than a moment.

    topics ──► feed_trends ──► trend_rows (pure) ──► TrendStore (SQLite or PostgreSQL) ──► pages, alarm load, Grafana

The store holds copies. Kafka's topics stay the record; a store that is lost is filled again from them.
"""
