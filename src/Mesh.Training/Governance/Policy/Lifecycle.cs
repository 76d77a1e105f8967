using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Training.Governance.Policy;

/// <summary>The states of a model's version and what is asked on the way from one to another: <c>governance/lifecycle.yaml</c>.</summary>
public sealed record Lifecycle
{
    /// <summary>Where a version begins whose job's gates held.</summary>
    public const string Candidate = "candidate";

    /// <summary>Where a version is that was refused.</summary>
    public const string Rejected = "rejected";

    /// <summary>The state that at most one version of a model is in.</summary>
    public const string Released = "released";

    /// <summary>Where a version goes when another is released.</summary>
    public const string Retired = "retired";

    /// <summary>Name in the file.</summary>
    public required string Name { get; init; }

    /// <summary>Digest of what the file says, without its formatting; decisions name it.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The file as it was read.</summary>
    public required string Source { get; init; }

    /// <summary>All states.</summary>
    public required IReadOnlyList<string> States { get; init; }

    /// <summary>The moves.</summary>
    public required IReadOnlyList<LifecycleTransition> Transitions { get; init; }

    /// <summary>Roles of which one is needed to roll back; empty: any identity.</summary>
    public IReadOnlyList<string> RollbackRoles { get; init; } = [];

    /// <summary>Conditions on the version that is gone back to.</summary>
    public IReadOnlyList<GateRule> RollbackGates { get; init; } = [];

    /// <summary>Roles of which one is needed to move an alias; empty: any identity.</summary>
    public IReadOnlyList<string> AliasRoles { get; init; } = [];

    /// <summary>The lifecycle that Mesh ships.</summary>
    public static Lifecycle Default { get; } = ReadDefault();

    /// <summary>The move between two states; null when there is none.</summary>
    public LifecycleTransition? Find(string from, string to) => Transitions.FirstOrDefault(transition => transition.To == to && transition.From.Contains(from));

    /// <summary>States that can be reached from one.</summary>
    public IReadOnlyList<string> NextOf(string from) => [.. Transitions.Where(transition => transition.From.Contains(from)).Select(transition => transition.To).Distinct()];

    /// <summary>The move out of a state that needs approvals; null when there is none.</summary>
    public LifecycleTransition? AwaitingApproval(string from) => Transitions.FirstOrDefault(transition => transition.Approvals is not null && transition.From.Contains(from));

    /// <summary>Reads a lifecycle; what is wrong is added to the errors.</summary>
    /// <returns>The lifecycle; null when anything is wrong.</returns>
    public static Lifecycle? Parse(string yaml, TopologyErrors errors) => LifecycleReader.Read(yaml, errors);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; null for the lifecycle that Mesh ships.</param>
    /// <exception cref="MeshException"><c>MESH9610</c> when it cannot be read; <c>MESH9611</c> with everything that is wrong with it.</exception>
    public static Lifecycle Load(string? path)
    {
        if (string.IsNullOrEmpty(path)) return Default;
        string yaml;
        try
        {
            yaml = File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9610", $"The lifecycle '{path}' cannot be read: {exception.Message} The setting `governance.lifecycle` names it.", innerException: exception);
        }

        return Require(yaml, path);
    }

    private static Lifecycle ReadDefault()
    {
        using var stream = typeof(Lifecycle).Assembly.GetManifestResourceStream("lifecycle.yaml")!;
        using var reader = new StreamReader(stream);
        return Require(reader.ReadToEnd(), "lifecycle.yaml");
    }

    private static Lifecycle Require(string yaml, string path)
    {
        var errors = new TopologyErrors(path) { Subject = "The lifecycle" };
        return Parse(yaml, errors) ?? throw new MeshException("MESH9611", string.Join('\n', errors.All));
    }
}
