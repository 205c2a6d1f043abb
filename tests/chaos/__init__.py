"""Chaos on real processes: a ward at 500 events a second while workers, brokers and lines fail, and a checker.

plan          what happens to whom, drawn from the seed
fault_proxy   a line between a worker and a broker that can be slow, cut, or dead in one direction
ward_feed     the ward's events, written at their pace by a gateway that loses nothing
fleet         the worker processes, and what is done to them
one_seed      all of these together, from the first event to the last commit
topics_left   what lies in the topics afterwards
checker       what must be true of it
__main__      many seeds in a row and a report (`make chaos`)
"""
