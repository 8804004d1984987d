"""Is this Linux server ready to be replicated to Azure by Site Recovery?"""

__version__ = "0.1.0"
