namespace Mesh.Lakehouse.Iceberg;

/// <summary>What deleting rows would do.</summary>
/// <param name="Table">The table it was looked up in.</param>
/// <param name="Rewrites">Whether files that hold other rows too are written again; else position deletes are added for them.</param>
/// <param name="Rows">Rows that match; those of files of which every row matches by their bounds count as the file lists them.</param>
/// <param name="DroppedFiles">Data files of which nothing would stay.</param>
/// <param name="ChangedFiles">Data files that hold other rows too.</param>
/// <param name="ChangedBytes">Size of those in bytes.</param>
public sealed record DeletePlan(Table Table, bool Rewrites, long Rows, int DroppedFiles, int ChangedFiles, long ChangedBytes);
