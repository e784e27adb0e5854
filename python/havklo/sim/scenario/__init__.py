"""What happens when: moods of the markets, crashes, faults and maintenance on a timeline, read from TOML.

plan        accounts to open
events      what can happen, and the few calls by which it is made to happen
keys        a TOML table read key by key, with complaints worth reading
reading     each kind of table
scenario    a whole file, or a ready one by its name
timeline    what is due, in the course of time
"""

from havklo.sim.scenario.events import Event, FaultOrder, Stage, perform
from havklo.sim.scenario.plan import AccountPlan
from havklo.sim.scenario.scenario import Scenario, Settings
from havklo.sim.scenario.timeline import Timeline

__all__ = ["AccountPlan", "Event", "FaultOrder", "Scenario", "Settings", "Stage", "Timeline", "perform"]
