namespace Mesh.Training.Loading;

/// <summary>What a stream is made of, without its rows.</summary>
/// <param name="Source">Product or table.</param>
/// <param name="Fingerprint">Of everything that decides the order of its rows.</param>
/// <param name="Files">Files.</param>
/// <param name="RowGroups">Row groups that have a column wanted.</param>
/// <param name="Rows">Rows in them, before any condition.</param>
/// <param name="RowsWithoutColumns">Rows in files that have none of the columns.</param>
/// <param name="HeldOutRecordings">Recordings of frozen hold-outs.</param>
/// <param name="Sharding">What the parts share: rowGroups or samples.</param>
/// <param name="Columns">The columns.</param>
/// <param name="LeftOut">Columns that become no tensor, with the reason.</param>
public sealed record TensorStreamView(
    string Source, string Fingerprint, int Files, int RowGroups, long Rows, long RowsWithoutColumns, int HeldOutRecordings, string Sharding,
    IReadOnlyList<TensorColumnView> Columns, IReadOnlyList<LeftOutColumn> LeftOut);
