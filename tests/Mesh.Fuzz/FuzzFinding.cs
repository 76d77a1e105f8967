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
    private const int ShownLines = 8;

    /// <summary>The place to repeat it and the top of the stack.</summary>
    public string Short => $"{Format} --seed {Seed} --at {Input} ({Sample}): {string.Join('\n', What.Split('\n').Take(ShownLines))}";

    /// <inheritdoc/>
    public override string ToString() => $"{Format} --seed {Seed} --at {Input} ({Sample}): {What}";
}
