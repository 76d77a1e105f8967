namespace Mesh.Trigger;

/// <summary>Lets a rule that is due wait until no more data comes.</summary>
/// <param name="Quiet">No new rows must have come for this long.</param>
/// <param name="MaxWait">It waits no longer than this after it became due; null for as long as it takes.</param>
public sealed record TriggerDebounce(TimeSpan Quiet, TimeSpan? MaxWait);
