namespace Mesh.Fuzz;

/// <summary>An input that did what no input may do.</summary>
/// <param name="Format">Target.</param>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Input">Number of the input in the run.</param>
/// <param name="Sample">The file it was made from.</param>
/// <param name="What">Exception with stack, or what was measured.</param>
/// <param name="Key">Equal for findings that are most likely the same defect.</param>
public sealed record FuzzFinding(string Format, int Seed, int Input, string Sample, string What, string Key)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Format} --seed {Seed} --at {Input} ({Sample}): {What}";
}
