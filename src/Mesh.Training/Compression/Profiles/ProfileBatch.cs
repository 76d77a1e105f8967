namespace Mesh.Training.Compression.Profiles;

/// <summary>Samples per run that a variant is compiled for, where the model leaves the number open.</summary>
/// <param name="Min">Fewest.</param>
/// <param name="Optimal">What it is tuned for; compilers that know one size take this.</param>
/// <param name="Max">Most.</param>
public sealed record ProfileBatch(int Min, int Optimal, int Max);
