namespace Mesh.Faults.Tests.Campaign;

/// <summary>A dead letter.</summary>
internal sealed record Letter(string IngestId, string Code, string Channel, long Sequence, long Count);
