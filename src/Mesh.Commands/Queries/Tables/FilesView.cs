namespace Mesh.Commands.Queries.Tables;

/// <summary>Files of a table, with what it took to find them.</summary>
/// <param name="Files">The files, oldest commits first.</param>
/// <param name="IsComplete">Whether these are all; false when the limit was reached.</param>
/// <param name="Scan">What planning has read and left out.</param>
public sealed record FilesView(IReadOnlyList<DataFileView> Files, bool IsComplete, ScanView Scan);
