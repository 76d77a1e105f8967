namespace Mesh.Training.Tracking.Search;

/// <summary>What a filter may speak of: attributes by the names clients use for them, each with its column, and whether it is a number.</summary>
internal sealed record SearchScope(IReadOnlyDictionary<string, (string Column, bool IsNumber)> Attributes, IReadOnlySet<FilterSubject> Subjects)
{
    /// <summary>Runs.</summary>
    public static SearchScope Runs { get; } = new(
        new Dictionary<string, (string, bool)>(StringComparer.OrdinalIgnoreCase)
        {
            ["status"] = ("r.status", false), ["run_id"] = ("r.run_id", false), ["run_name"] = ("r.name", false), ["run name"] = ("r.name", false), ["name"] = ("r.name", false),
            ["user_id"] = ("r.user_id", false), ["artifact_uri"] = ("r.artifact_uri", false), ["experiment_id"] = ("CAST(r.experiment_id AS TEXT)", false),
            ["start_time"] = ("r.start_ms", true), ["created"] = ("r.start_ms", true), ["end_time"] = ("r.end_ms", true),
        },
        new HashSet<FilterSubject> { FilterSubject.Metric, FilterSubject.Parameter, FilterSubject.Tag, FilterSubject.Attribute, FilterSubject.DataSet });

    /// <summary>Experiments.</summary>
    public static SearchScope Experiments { get; } = new(
        new Dictionary<string, (string, bool)>(StringComparer.OrdinalIgnoreCase)
        {
            ["name"] = ("e.name", false), ["creation_time"] = ("e.created_ms", true), ["last_update_time"] = ("e.updated_ms", true), ["experiment_id"] = ("e.id", true),
        },
        new HashSet<FilterSubject> { FilterSubject.Tag, FilterSubject.Attribute });

    /// <summary>Versions of models; their columns are names of their properties.</summary>
    public static SearchScope Models { get; } = new(
        new Dictionary<string, (string, bool)>(StringComparer.OrdinalIgnoreCase) { ["name"] = ("name", false), ["run_id"] = ("run_id", false) },
        new HashSet<FilterSubject> { FilterSubject.Attribute });
}
