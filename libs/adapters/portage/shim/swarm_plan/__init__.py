"""What `plan.py` is made of: Portage's resolver, asked for data instead of text.

These modules are the only ones of the project that know Portage's private classes.
"""
