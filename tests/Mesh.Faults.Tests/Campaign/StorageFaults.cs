using Mesh.Testing.Faults;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>F7: what S3 does at its worst.</summary>
internal static class StorageFaults
{
    public static IReadOnlyList<CampaignFault> Of(CampaignRun run, HttpFaultProxy s3)
    {
        CampaignFault Fault(string name, HttpFault fault, string verb, int most) => new("S3 " + name, async () =>
        {
            s3.Arm(fault, line => line.StartsWith(verb, StringComparison.Ordinal), run.Random.Next(1, most));
            await Task.Delay(run.Between(500, 4_000), TestContext.Current.CancellationToken);
        });

        return
        [
            Fault("slow down", HttpFault.SlowDown, "", 40),
            Fault("resets connections", HttpFault.Reset, "", 12),
            Fault("loses answers to PUT", HttpFault.AnswerLost, "PUT", 8),
            Fault("breaks off answers", HttpFault.PartialAnswer, "GET", 8),
            Fault("answers slowly", HttpFault.SlowAnswer, "GET", 8),
        ];
    }
}
