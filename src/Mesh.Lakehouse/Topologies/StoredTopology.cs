using System.Globalization;

namespace Mesh.Lakehouse.Topologies;

/// <summary>A topology version as the metadata database keeps it.</summary>
public sealed record StoredTopology
{
    /// <summary>Its <c>metadata.name</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its <c>metadata.version</c>, from 1.</summary>
    public required int Version { get; init; }

    /// <summary>The file's text.</summary>
    public required string Yaml { get; init; }

    /// <summary>Content hash of what decides what is written to tables.</summary>
    public required string Digest { get; init; }

    /// <summary>Name of the file it was read from; messages name it.</summary>
    public required string FileName { get; init; }

    /// <summary>How it came into force.</summary>
    public TopologyOrigin Origin { get; init; }

    /// <summary>Whether it reads uploads; a retired one stays for the record.</summary>
    public bool IsActive { get; init; } = true;

    /// <summary>Whether it reads every upload that the log still holds, or only those accepted since <see cref="AppliedAt"/>.</summary>
    public bool FromEarliest { get; init; }

    /// <summary>Whether recordings wait for it: it reads the topic on which uploads are announced.</summary>
    public bool IsAwaited { get; init; } = true;

    /// <summary>When this version first came into force, or last did so after it had been retired.</summary>
    public DateTimeOffset AppliedAt { get; init; }

    /// <summary>The version as tables, ledger and events carry it.</summary>
    public string VersionText => Version.ToString(CultureInfo.InvariantCulture);

    /// <summary><c>NAME@VERSION</c>.</summary>
    public string FullName => $"{Name}@{VersionText}";
}
