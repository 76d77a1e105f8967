using System.Net;
using System.Security.Cryptography;
using System.Text;
using Mesh.Testing;

namespace Mesh.Upload.Tests;

public sealed class UploadGateTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SteppedTime time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_days_bytes_are_given_once_come_back_over_the_day_and_are_each_vehicles_own()
    {
        var gate = new UploadGate(new UploadQuota { BytesPerDay = 1_000 }, new UploadQuota(), time);
        gate.Reserve("1", "V1", "p", 600);
        gate.Reserve("1", "V1", "p", 600);

        var refusal = Should.Throw<UploadRefusedException>(() => gate.Reserve("2", "V1", "p", 600));
        (refusal.StatusCode, refusal.Code, refusal.IsTransient).ShouldBe((429, "MESH1060", true));
        refusal.RetryAfter!.Value.ShouldBe(TimeSpan.FromHours(24 * 0.2), TimeSpan.FromSeconds(1));
        refusal.Message.ShouldContain("upload.quota.vehicle.bytesPerDay");
        gate.Reserve("3", "V2", "p", 600);

        time.Advance(refusal.RetryAfter.Value - TimeSpan.FromMinutes(1));
        Should.Throw<UploadRefusedException>(() => gate.Reserve("2", "V1", "p", 600));
        time.Advance(TimeSpan.FromMinutes(2));
        gate.Reserve("2", "V1", "p", 600);
    }

    [Fact]
    public void A_recording_larger_than_a_day_is_refused_for_good_and_what_is_given_up_is_given_back()
    {
        var gate = new UploadGate(new UploadQuota { BytesPerDay = 1_000 }, new UploadQuota { BytesPerDay = 1_500 }, time);
        var refusal = Should.Throw<UploadRefusedException>(() => gate.Reserve("1", "V1", "p", 1_001));
        (refusal.StatusCode, refusal.Code, refusal.IsTransient, refusal.RetryAfter).ShouldBe((413, "MESH1061", false, null));

        gate.Reserve("1", "V1", "p", 1_000);
        gate.Return("1");
        gate.Return("1");
        gate.Reserve("2", "V1", "p", 1_000);
        gate.Settle("2");
        gate.Return("2");

        // The producer has 500 left; what the vehicle was given before that showed is given back.
        Should.Throw<UploadRefusedException>(() => gate.Reserve("3", "V2", "p", 600)).Message.ShouldContain("upload.quota.producer.bytesPerDay");
        gate.Reserve("4", "V2", "q", 1_000);
    }

    [Fact]
    public void As_many_send_at_a_time_as_may()
    {
        var gate = new UploadGate(new UploadQuota(), new UploadQuota { Concurrent = 2 }, time);
        using var first = gate.Enter("V1", "p");
        var second = gate.Enter("V2", "p");
        var refusal = Should.Throw<UploadRefusedException>(() => gate.Enter("V3", "p"));
        (refusal.StatusCode, refusal.Code).ShouldBe((429, "MESH1062"));
        refusal.RetryAfter.ShouldNotBeNull();
        using var other = gate.Enter("V3", "q");
        second.Dispose();
        using var third = gate.Enter("V3", "p");
    }

    [Fact]
    public void Who_sends_faster_than_it_may_is_made_to_wait_by_what_it_sent_too_much()
    {
        var account = new QuotaAccount(new UploadQuota { BytesPerSecond = 1_000 }, time);
        time.Advance(TimeSpan.FromSeconds(10));
        account.Pace(500).ShouldBe(TimeSpan.Zero);
        account.Pace(1_000).TotalSeconds.ShouldBe(1, 0.001);
        account.Pace(1_000).TotalSeconds.ShouldBe(2, 0.001);
        account.IsIdle.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(2));
        account.IsIdle.ShouldBeTrue();
        account.Pace(0).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Over_http_the_answer_is_429_with_a_time_to_wait_and_nothing_is_kept_of_the_upload()
    {
        await using var server = await UploadServer.StartAsync(folder, gate: new UploadGate(new UploadQuota { BytesPerDay = 10 }, new UploadQuota(), time));
        (await CreateAsync(server, 8)).StatusCode.ShouldBe(HttpStatusCode.Created);

        using var refused = await CreateAsync(server, 8);

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.TotalHours.ShouldBe(24 * 0.6, 0.01);
        refused.Headers.GetValues("Mesh-Code").ShouldBe(["MESH1060"]);
        (await refused.Content.ReadAsStringAsync(Token)).ShouldContain("\"transient\":true");
        Directory.GetFiles(folder["landing", ".uploads"], "*.json").Length.ShouldBe(1);
    }

    [Fact]
    public async Task The_client_waits_as_long_as_it_is_told_and_then_gets_through()
    {
        // 8 of 10 bytes are used and come back at one in half a second.
        var gate = new UploadGate(new UploadQuota { BytesPerDay = 172_800 }, new UploadQuota(), TimeProvider.System);
        gate.Reserve("before", "V1", "p", 172_798);
        await using var server = await UploadServer.StartAsync(folder, gate: gate);
        await File.WriteAllTextAsync(folder["drive.bin"], "four", Token);
        var client = new UploadClient(server.Http, new UploadClientOptions { Server = new Uri(server.Address), MaxAttempts = 1 });

        var answer = await client.UploadAsync(folder["drive.bin"], "V1", "", null, Token);

        answer.Result.ShouldBe(UploadResult.Accepted);
    }

    [Fact]
    public async Task The_client_gives_up_with_the_reason_when_the_wait_is_longer_than_it_wants()
    {
        await using var server = await UploadServer.StartAsync(folder, gate: new UploadGate(new UploadQuota { BytesPerDay = 5 }, new UploadQuota(), time));
        (await CreateAsync(server, 5)).StatusCode.ShouldBe(HttpStatusCode.Created);
        await File.WriteAllTextAsync(folder["drive.bin"], "four", Token);
        var client = new UploadClient(server.Http, new UploadClientOptions { Server = new Uri(server.Address) });

        var answer = await client.UploadAsync(folder["drive.bin"], "V1", "", null, Token);

        (answer.Result, answer.Code).ShouldBe((UploadResult.Refused, "MESH1060"));
        answer.Reason!.ShouldContain("a day");
    }

    [Fact]
    public async Task A_duplicate_costs_nothing()
    {
        await using var server = await UploadServer.StartAsync(folder, gate: new UploadGate(new UploadQuota { BytesPerDay = 5 }, new UploadQuota(), time));
        await File.WriteAllTextAsync(folder["drive.bin"], "four", Token);
        var client = new UploadClient(server.Http, new UploadClientOptions { Server = new Uri(server.Address) });
        (await client.UploadAsync(folder["drive.bin"], "V1", "", null, Token)).Result.ShouldBe(UploadResult.Accepted);
        for (int i = 0; i < 3; i++) (await client.UploadAsync(folder["drive.bin"], "V1", "", null, Token)).Result.ShouldBe(UploadResult.Duplicate);
    }

    private static async Task<HttpResponseMessage> CreateAsync(UploadServer server, int length)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "uploads");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", $"{length}");
        request.Headers.Add("Upload-Metadata", $"vehicle {Convert.ToBase64String("V1"u8)},sha256 {Convert.ToBase64String(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))))}");
        return await server.Http.SendAsync(request, Token);
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public void Advance(TimeSpan by) => ticks += by.Ticks;
    }
}
