namespace Mesh.Training.Compression.Profiles;

/// <summary>The vendor's tool that a profile is for.</summary>
public sealed record ProfileCompiler
{
    /// <summary>Version that commands are written for, for example <c>10.3</c>; empty: the newest that is known here.</summary>
    public string Version { get; init; } = "";

    /// <summary>Longest run of one command (default: 30 min).</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Further arguments, appended to the first command as they are.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Generation of Qualcomm's converters (default: QAIRT).</summary>
    public QnnTools Tools { get; init; } = QnnTools.Qairt;
}
