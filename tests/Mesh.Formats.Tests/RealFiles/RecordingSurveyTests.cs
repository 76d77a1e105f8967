using System.Globalization;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.RealFiles;

/// <summary>Every recording of the shared test data is read whole, decoded and counted as others count it, but for the exceptions listed here and explained in docs/formats/README.md.</summary>
public sealed class RecordingSurveyTests(RecordingSurvey survey) : IClassFixture<RecordingSurvey>
{
    /// <summary>Endings of paths, what is not as in a sound recording, and why.</summary>
    private static readonly (string Ending, string Deviations, string Reason)[] Exceptions =
    [
    ];

    [Fact]
    public void Every_recording_is_read_decoded_and_counted_as_others_count_it()
    {
        RequireData();
        survey.Results.Count.ShouldBeGreaterThan(700);
        List<string> wrong = [];
        foreach (var result in survey.Results)
        {
            var exceptions = Exceptions.Where(exception => result.Path.EndsWith(exception.Ending, StringComparison.Ordinal)).ToArray();
            string expected = exceptions.Length == 0 ? "" : exceptions[0].Deviations;
            string found = string.Join(", ", result.Deviations);
            if (found != expected) wrong.Add($"{result.Path}: '{found}' instead of '{expected}', {result.Messages} messages, {result.Rows} rows, others find {result.Expected}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}:\n" + string.Join('\n', wrong));
    }

    [Fact]
    public void No_exception_is_listed_that_is_none()
    {
        RequireData();
        Exceptions.Where(exception => !survey.Results.Any(result => result.Path.EndsWith(exception.Ending, StringComparison.Ordinal))).ShouldBeEmpty();
        Exceptions.ShouldAllBe(exception => exception.Reason.Length > 0);
    }

    [Fact]
    public void The_table_in_the_documentation_is_what_was_measured()
    {
        RequireData();
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "formats", "README.md"));
        string[] rows = [.. survey.Results.GroupBy(result => result.Set).OrderBy(set => set.Key, StringComparer.Ordinal).Select(Row)];
        string[] missing = [.. rows.Where(row => !page.Contains(row, StringComparison.Ordinal))];
        Assert.True(missing.Length == 0, "docs/formats/README.md should say:\n" + string.Join('\n', rows));
    }

    private static string Row(IGrouping<string, RecordingSurvey.Result> set) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {set.Key} | {set.Count()} | {set.Count(result => result.Refusal is null)} | {set.Sum(result => result.Messages):N0} | {set.Sum(result => result.Rows):N0} | {set.Count(result => result.Expected is not null)} | {set.Count(result => result.Deviations.Count > 0)} |");

    private static void RequireData()
    {
        Require.AtLeast(TestLevel.Default);
        TestData.PathOf("golden_messages.tsv");
    }
}
