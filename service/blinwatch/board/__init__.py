"""The ward board: a web page that shows what the output topics say, and writes what staff do.

    topics ──► read_topics ──► ward_now (pure) ──► hub ──► web ──► browser
    browser ──► web ──► acts (pure) ──► topics of commands and assessments

It judges nothing: every grade, alert and advice on it was made by a worker, and every act becomes an event that a
worker judges. What it finds out by itself is only whether it is being told the truth of now (monitor_sight.py).
"""
