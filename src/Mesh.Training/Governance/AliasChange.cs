namespace Mesh.Training.Governance;

/// <summary>A name's move, as decisions carry it.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Alias">The name that moves.</param>
/// <param name="Before">Version it meant; 0 when none.</param>
/// <param name="Version">Version it means now; 0 when none.</param>
public sealed record AliasChange(string Model, string Alias, int Before, int Version);
