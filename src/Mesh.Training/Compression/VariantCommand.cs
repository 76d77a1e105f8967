namespace Mesh.Training.Compression;

/// <summary>A command of a vendor's tool, to be run in the variant's folder.</summary>
public sealed record VariantCommand
{
    /// <summary>The program.</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments, one each, not quoted.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Whether it was run here.</summary>
    public bool Ran { get; init; }

    /// <summary>How it ended; null when it was not run or was killed.</summary>
    public int? ExitCode { get; init; }

    /// <summary>What the tool says of its version; null when it was not run or says nothing.</summary>
    public string? ToolVersion { get; init; }

    /// <summary>Why it was not run, or how it failed; null when it ran well.</summary>
    public string? Reason { get; init; }
}
