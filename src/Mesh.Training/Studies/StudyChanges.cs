using Mesh.Training.Search;

namespace Mesh.Training.Studies;

/// <summary>What a look at a study came to; written as one transaction, if the study is still as it was.</summary>
internal sealed class StudyChanges
{
    public List<(int Number, TrialReport Report)> Reports { get; } = [];

    /// <summary>Trials whose state, value, reason or end has changed, with their running time in seconds once they have ended.</summary>
    public List<(SearchTrial Trial, string? Reason, bool HasEnded, double Seconds)> Trials { get; } = [];

    /// <summary>Trials to be requested.</summary>
    public List<SearchTrial> Asked { get; } = [];

    /// <summary>What the study becomes; null when it goes on.</summary>
    public (StudyState State, string Reason)? End { get; set; }

    /// <summary>Job whose output is registered as a model; null for none.</summary>
    public string? Winner { get; set; }

    public bool IsEmpty => Reports.Count == 0 && Trials.Count == 0 && Asked.Count == 0 && End is null;
}
