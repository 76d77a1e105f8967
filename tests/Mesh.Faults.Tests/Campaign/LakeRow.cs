namespace Mesh.Faults.Tests.Campaign;

/// <summary>A row of a table of messages.</summary>
internal sealed record LakeRow(string Table, string Recording, string Channel, long Sequence, long Index, long Token, double Value, string TextMd5, long? Extra);
