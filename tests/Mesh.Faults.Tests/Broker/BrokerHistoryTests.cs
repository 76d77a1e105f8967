using System.Globalization;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Broker;

/// <summary>
/// In Jepsen's manner: many clients write unique values and read them, the broker and the clients are killed, paused and restarted at
/// moments the seed decides, and the history of all they did and saw is held against what Kafka promises.
/// </summary>
public sealed class BrokerHistoryTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public Task What_was_acknowledged_is_there_once_and_what_was_aborted_is_not() =>
        RunAsync("PageCache", Require.Level == TestLevel.Full ? TimeSpan.FromMinutes(10) : TimeSpan.FromSeconds(45));

    [Fact]
    public Task The_same_holds_when_the_broker_answers_from_the_disk() =>
        RunAsync("Fsync", Require.Level == TestLevel.Full ? TimeSpan.FromMinutes(2) : TimeSpan.FromSeconds(20));

    private async Task RunAsync(string flush, TimeSpan length)
    {
        Require.AtLeast(TestLevel.Default);
        int seed = int.TryParse(Environment.GetEnvironmentVariable("MESH_TEST_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"MESH_TEST_SEED={seed}");
        using var campaign = new BrokerCampaign(folder["broker"], flush, seed);
        string journals = Path.Combine(Path.GetTempPath(), $"mesh-broker-history-{seed}");
        HistoryReport report;
        try
        {
            report = await campaign.RunAsync(length);
        }
        catch
        {
            campaign.Save(journals);
            throw;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        TestContext.Current.AddAttachment("report.json", report.ToString());
        if (report.Findings.Count > 0) campaign.Save(journals);
        report.Findings.ShouldBeEmpty($"MESH_TEST_SEED={seed}; the journals are in {journals}");

        // A quarter of what a busy machine has been seen to reach; less than that shows nothing.
        double minutes = length.TotalMinutes;
        report.Faults.Values.Sum().ShouldBeGreaterThan((int)(8 * minutes), report.ToString());
        report.Acknowledged.ShouldBeGreaterThan((int)(1_000 * minutes), report.ToString());
        report.TransactionsCommitted.ShouldBeGreaterThan((int)(40 * minutes), report.ToString());
        report.TransactionsAborted.ShouldBeGreaterThan((int)(5 * minutes), report.ToString());
        report.Reads.ShouldBeGreaterThan((int)(3_000 * minutes), report.ToString());
        if (minutes < 1) return;
        foreach (string kind in new[] { "broker-killed", "broker-paused", "client-killed", "producer-usurped" }) report.Faults.Keys.ShouldContain(kind, report.ToString());
        report.Fenced.ShouldBeGreaterThan(0, report.ToString());
    }
}
