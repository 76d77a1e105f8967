namespace Mesh.Training.Governance.Gates;

/// <summary>A data file of a hold-out.</summary>
/// <param name="Uri">Where it is.</param>
/// <param name="Sha256">Of its bytes, lower-case hex.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Rows">Rows, those beside the filter included.</param>
public sealed record HoldoutFile(string Uri, string Sha256, long Bytes, long Rows);
