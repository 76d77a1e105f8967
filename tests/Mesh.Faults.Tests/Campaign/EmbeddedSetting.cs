using Mesh.Faults.Tests.Support;
using Mesh.Kafka;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Everything in one process and one folder, on a disk of its own where that may be made.</summary>
internal sealed class EmbeddedSetting : CampaignSetting
{
    // What a campaign writes in a minute is less than the second.
    private const int LeastMegabytes = 700, MegabytesPerMinute = 500;

    private readonly TemporaryFolder folder = new();
    private readonly int megabytes;
    private SmallDisk? disk;

    /// <param name="minutes">Length of the campaign; its disk must not fill up by itself.</param>
    public EmbeddedSetting(double minutes)
    {
        megabytes = Math.Max(LeastMegabytes, (int)(minutes * MegabytesPerMinute));
        string data = folder["data"];
        Directory.CreateDirectory(data);
        Place = new CampaignPlace(data);
        Server = new CampaignServer(data, new Dictionary<string, string> { ["MESH_UPLOAD__MINFREEBYTES"] = "0" }, "--topology", CampaignTopology.Write(folder.Path));
    }

    public override CampaignPlace Place { get; }

    public override CampaignServer Server { get; }

    public override IReadOnlyList<string> Required => disk is null ? ["lake-away"] : ["lake-away", "disk-full"];

    public override KafkaOptions Kafka() => new() { Bootstrap = Server.Current!.Process.AddressOf("kafka"), SchemaRegistryUrl = Server.Current.Process.AddressOf("schema registry") };

    public override async Task PrepareAsync() => disk = await SmallDisk.TryMountAsync(folder["data"], megabytes);

    public override IReadOnlyList<CampaignFault> Faults(CampaignRun run)
    {
        var faults = new List<CampaignFault> { new("lake away", () => LakeAwayAsync(run), IsExclusive: true) };
        if (disk is not null) faults.Add(new CampaignFault("disk full", () => DiskFullAsync(run), IsExclusive: true));
        return faults;
    }

    public override async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        if (disk is not null) await disk.DisposeAsync();
        folder.Dispose();
    }

    private async Task DiskFullAsync(CampaignRun run)
    {
        // Too little for anything, or enough for a part of the way.
        bool wasFull = disk!.Fill(run.Random.Next(3) == 0 ? 0 : run.Random.Next(64 << 10, 2 << 20));
        await Task.Delay(run.Between(1_000, 4_000), TestContext.Current.CancellationToken);
        disk.Free();
        if (wasFull) run.Oracle.Count("disk-full");
    }

    private async Task LakeAwayAsync(CampaignRun run)
    {
        string lake = folder["data", "lake"];
        await run.Place.Reading.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            Directory.Move(lake, lake + ".away");
            await File.WriteAllTextAsync(lake, "in the way");
            await Task.Delay(run.Between(1_000, 4_000), TestContext.Current.CancellationToken);
            File.Delete(lake);
            Directory.Move(lake + ".away", lake);
            run.Oracle.Count("lake-away");
        }
        finally
        {
            run.Place.Reading.Release();
        }
    }
}
