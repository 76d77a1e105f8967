namespace Mesh.Commands.Queries.Tables;

/// <summary>A data file of a table.</summary>
/// <param name="Uri">Where it is.</param>
/// <param name="Partition">Partition fields with their values.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Bytes">Size.</param>
/// <param name="SequenceNumber">Of the commit that brought it.</param>
/// <param name="DeleteFiles">Files whose row-level deletes apply to it.</param>
public sealed record DataFileView(string Uri, IReadOnlyDictionary<string, string?> Partition, long Rows, long Bytes, long SequenceNumber, IReadOnlyList<string> DeleteFiles);
