using Mesh.Kafka.Events;
using Mesh.Model;

namespace Mesh.Training.Studies;

/// <summary>A row of <c>studies</c>.</summary>
internal sealed class StudyRow
{
    public string Name { get; init; } = "";
    public string Yaml { get; init; } = "";
    public byte[] Request { get; init; } = [];
    public string State { get; init; } = "";
    public string Reason { get; init; } = "";
    public long? MostTrials { get; init; }
    public long CreatedAtUs { get; init; }
    public long ClockFromUs { get; init; }
    public long? EndedAtUs { get; init; }
    public long Revision { get; init; }

    /// <summary>The file's content, with the number of trials that a resumption has set.</summary>
    public StudyDefinition Definition
    {
        get
        {
            var definition = StudyDefinition.Parse(Yaml, $"{Name}.yaml");
            return MostTrials is not { } most ? definition : definition with { Search = definition.Search with { Trials = (int)most }, Budget = definition.Budget with { Trials = (int)most } };
        }
    }

    public StudyState ParsedState => Enum.Parse<StudyState>(State, ignoreCase: true);

    /// <summary>What the trials have in common.</summary>
    public JobRequested Template => JobRequested.Parser.ParseFrom(Request);

    public DateTimeOffset CreatedAt => UnixMicros.ToTime(CreatedAtUs);
}
