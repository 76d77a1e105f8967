namespace Mesh.Commands.Recordings;

/// <summary>Recordings to upload for one vehicle.</summary>
public sealed record PublishRequest
{
    /// <summary>Files, or folders of ROS 2 bags.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Pseudonym of the vehicle.</summary>
    public required string Vehicle { get; init; }

    /// <summary>Name of the drive; empty for none.</summary>
    public string Session { get; init; } = "";

    /// <summary>Whether to wait until the data is committed to its tables.</summary>
    public bool Wait { get; init; }
}
