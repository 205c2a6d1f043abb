"""The parts of tools/mutate.py: what is changed, which tests are asked, and the processes that run them."""
