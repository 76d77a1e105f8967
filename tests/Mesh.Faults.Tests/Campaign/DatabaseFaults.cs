using Mesh.Testing.Faults;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>F9: what the catalogue's database does at its worst. The second writer is <see cref="RestWriter"/>.</summary>
internal static class DatabaseFaults
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static IReadOnlyList<CampaignFault> Of(CampaignRun run, PostgresFaultProxy database) =>
    [
        new("the answer to COMMIT is lost", () => ArmAsync(run, database, PostgresFault.CommitAnswerLost)),
        new("COMMIT never arrives", () => ArmAsync(run, database, PostgresFault.CommitNotSent)),
        new("connections to the database are cut", async () =>
        {
            for (int times = run.Random.Next(1, 5); times > 0; times--)
            {
                if (database.CutAll() > 0) run.Oracle.Count("postgres-cut");
                await Task.Delay(run.Between(100, 700), Stop);
            }
        }),
        new("the database is silent", async () =>
        {
            database.IsBlackhole = true;
            await Task.Delay(run.Between(500, 4_000), Stop);
            database.IsBlackhole = false;
        }),
    ];

    private static async Task ArmAsync(CampaignRun run, PostgresFaultProxy database, PostgresFault fault)
    {
        database.Arm(fault, run.Random.Next(1, 8));
        await Task.Delay(run.Between(1_000, 4_000), Stop);
    }
}
