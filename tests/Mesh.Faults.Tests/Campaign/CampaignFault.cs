namespace Mesh.Faults.Tests.Campaign;

/// <summary>Something that befalls the system, and its end.</summary>
/// <param name="Name">What it is called in the timeline.</param>
/// <param name="StrikeAsync">Strikes, waits and heals; counts with the oracle what really occurred.</param>
/// <param name="IsExclusive">Whether it starts or stops the server, of which there can be only one at a time; others come together.</param>
internal sealed record CampaignFault(string Name, Func<Task> StrikeAsync, bool IsExclusive = false);
