"""A stand-in for DigitalOcean's API: the same requests, answers and errors, with faults on demand."""

from rehearsal.cloud.dns import FakeDns
from rehearsal.cloud.faults import Fault
from rehearsal.cloud.limits import Limits
from rehearsal.cloud.machines import Addresses, Machine, Machines, MemoryMachines, Rule
from rehearsal.cloud.server import FakeCloud

__all__ = ("Addresses", "FakeCloud", "FakeDns", "Fault", "Limits", "Machine", "Machines", "MemoryMachines", "Rule")
