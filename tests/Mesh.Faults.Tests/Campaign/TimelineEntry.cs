namespace Mesh.Faults.Tests.Campaign;

/// <summary>What was done when, in seconds from the beginning.</summary>
internal sealed record TimelineEntry(double Seconds, string What);
