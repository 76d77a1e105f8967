using Mesh.Training.Search;

namespace Mesh.Training.Studies;

/// <summary>A study with its trials at one moment.</summary>
/// <param name="Study">The study.</param>
/// <param name="Trials">By number.</param>
/// <param name="Reports">By number of the trial, in order of the steps.</param>
internal sealed record StudySnapshot(StudyRow Study, IReadOnlyList<TrialRow> Trials, IReadOnlyDictionary<int, IReadOnlyList<TrialReport>> Reports)
{
    public IReadOnlyList<TrialReport> ReportsOf(int number) => Reports.GetValueOrDefault(number, []);

    /// <summary>The search at that moment.</summary>
    public SearchSession Session(StudyDefinition definition) =>
        new(definition.Space, definition.Search, Trials.OrderBy(trial => trial.Number).Select(trial => trial.ToSearchTrial(definition.Space, ReportsOf(trial.Number))));
}
