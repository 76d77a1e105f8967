using System.Globalization;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>
/// An operator kills anything at any time, disks fill, recordings are torn, and the account still closes. <c>MESH_FAULTS_SEED</c> has a run
/// again, <c>MESH_FAULTS_MINUTES</c> says how long faults strike in all settings together (default: 3; 60 with MESH_TESTS=full).
/// </summary>
public sealed class CampaignTests
{
    private const string Embedded = "embedded", Distributed = "distributed";
    private const int CrashPointsOfAShortRun = 2;

    private static int? GivenSeed => int.TryParse(Environment.GetEnvironmentVariable("MESH_FAULTS_SEED"), CultureInfo.InvariantCulture, out int given) ? given : null;

    /// <summary>Setting and seed of each line of <c>seeds.txt</c>.</summary>
    public static TheoryData<string, int> Seeds
    {
        get
        {
            var seeds = new TheoryData<string, int>();
            foreach (string setting in new[] { Embedded, Distributed })
            {
                foreach (int seed in CampaignSeeds.All(setting)) seeds.Add(setting, seed);
            }

            return seeds;
        }
    }

    private static double Minutes =>
        double.TryParse(Environment.GetEnvironmentVariable("MESH_FAULTS_MINUTES"), CultureInfo.InvariantCulture, out double given) ? given : Require.Level == TestLevel.Full ? 60 : 3;

    [Fact]
    public Task The_account_closes_when_everything_is_in_one_process() => RunAsync(Embedded, Minutes * 0.4, GivenSeed ?? CampaignSeeds.For(Embedded));

    [Fact]
    public Task The_account_closes_when_the_log_the_store_and_the_database_are_elsewhere_and_fail()
    {
        // Four minutes, however short the strikes: starting and healing three other servers takes its time.
        Require.AtLeast(TestLevel.Full);
        return RunAsync(Distributed, Minutes * 0.4, GivenSeed ?? CampaignSeeds.For(Distributed));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task What_a_seed_has_found_once_it_does_not_find_again(string setting, int seed)
    {
        Require.AtLeast(TestLevel.Full);
        return RunAsync(setting, minutes: 3, seed);
    }

    private static async Task RunAsync(string name, double minutes, int seed)
    {
        Require.AtLeast(TestLevel.Default);
        TestContext.Current.SendDiagnosticMessage($"MESH_FAULTS_SEED={seed} ({name})");
        bool isLong = minutes > 5;
        string folder = Path.Combine(Path.GetTempPath(), $"mesh-faults-{name}-{seed}");
        await using CampaignSetting setting = name == Embedded ? new EmbeddedSetting(minutes) : await DistributedSetting.CreateAsync();
        try
        {
            var campaign = new FaultCampaign(name, setting, seed, TimeSpan.FromMinutes(minutes), isLong ? int.MaxValue : CrashPointsOfAShortRun, isLong ? 100 << 20 : 24 << 20);
            var report = await campaign.RunAsync();
            Directory.CreateDirectory(folder);
            string path = Path.Combine(folder, "report.json");
            await File.WriteAllTextAsync(path, report.ToString(), TestContext.Current.CancellationToken);
            TestContext.Current.TestOutputHelper?.WriteLine($"MESH_FAULTS_SEED={seed}: {path}");
            var findings = report.Invariants.SelectMany(invariant => invariant.Value.Select(finding => $"{invariant.Key}: {finding}")).ToList();
            if (findings.Count > 0) setting.Server.SaveLogs(folder);
            findings.ShouldBeEmpty($"MESH_FAULTS_SEED={seed}; report and logs are in {folder}");
        }
        catch (Exception exception) when (exception is not (ShouldAssertException or OperationCanceledException))
        {
            setting.Server.SaveLogs(folder);
            throw;
        }
    }
}
