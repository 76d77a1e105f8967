using System.Text.Json;
using System.Text.RegularExpressions;
using Mesh.Testing;

namespace Mesh.Conformance.Tests;

/// <summary>Code, page, dashboard and alerts name the same metrics.</summary>
public sealed partial class ObservabilityTests
{
    private static readonly string[] Foreign = ["up", "dotnet_process_memory_working_set_bytes", "dotnet_gc_last_collection_heap_size_bytes"];

    [Fact]
    public void Every_metric_of_the_code_is_on_the_page_and_no_other()
    {
        var ours = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).SelectMany(file => Instrument().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["name"].Value).Distinct().Order(StringComparer.Ordinal).ToList();
        ours.Count.ShouldBeGreaterThan(40);
        Documented().Select(row => row.Name).Order(StringComparer.Ordinal).ShouldBe(ours);
    }

    [Fact]
    public void Dashboard_and_alerts_mention_only_metrics_that_there_are()
    {
        var known = Documented().Select(row => row.Prometheus).Concat(Foreign).ToHashSet(StringComparer.Ordinal);
        foreach (string expression in DashboardExpressions().Concat(AlertExpressions()))
        {
            var mentioned = Metric().Matches(Selector().Replace(expression, "")).Select(match => match.Value).Where(name => !IsLabel(name, expression)).ToList();
            mentioned.ShouldNotBeEmpty(expression);
            foreach (string name in mentioned) known.Contains(HistogramSuffix().Replace(name, "")).ShouldBeTrue($"{name} in {expression}");
        }
    }

    [Fact]
    public void Every_alert_says_what_to_do()
    {
        string rules = Read("deploy/alerts/mesh.rules.yml");
        int alerts = Regex.Count(rules, @"^ *- alert: ", RegexOptions.Multiline);
        alerts.ShouldBeGreaterThan(8);
        Regex.Count(rules, @"^ *remedy: \S", RegexOptions.Multiline).ShouldBe(alerts);
        Regex.Count(rules, @"^ *summary: \S", RegexOptions.Multiline).ShouldBe(alerts);
    }

    [Fact]
    public async Task Prometheus_own_checker_takes_the_alerts()
    {
        string promtool = Prometheus.RequireTool("promtool");
        var (exitCode, output) = await Prometheus.CheckRulesAsync(promtool, Path.Combine(Repository.Root, "deploy/alerts/mesh.rules.yml"));
        exitCode.ShouldBe(0, output);
    }

    private static List<(string Name, string Prometheus)> Documented() =>
        [.. Row().Matches(Read("docs/operations/observability.md")).Select(match => (match.Groups["name"].Value, match.Groups["prometheus"].Value))];

    private static IEnumerable<string> DashboardExpressions()
    {
        using var dashboard = JsonDocument.Parse(Read("deploy/dashboards/mesh.json"));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!)];
    }

    private static IEnumerable<string> AlertExpressions() => Regex.Matches(Read("deploy/alerts/mesh.rules.yml"), @"^ *expr: (.+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value);

    // In `sum by (a, b)` and `on (a)` stand labels.
    private static bool IsLabel(string name, string expression) => Regex.IsMatch(expression, $@"\b(by|on) \([^)]*\b{name}\b[^)]*\)");

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    [GeneratedRegex("""(Create(Counter|UpDownCounter|Histogram|Gauge|ObservableCounter|ObservableGauge|ObservableUpDownCounter)(<\w+>)?\(\s*|Duration\(\w+, )"(?<name>(mesh|messaging|process)\.[a-z_.]+)"[,)]""")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"^\| `(?<name>[a-z_.]+)` \| `(?<prometheus>[a-z_]+)` \| \S", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b((mesh|messaging|process|dotnet|http)_[a-z_]+|up\b)")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramSuffix();
}
