using System.Security.Cryptography;
using System.Text;
using Amazon.S3.Model;
using Mesh.Model;
using Mesh.Storage.S3;
using Mesh.Testing;

namespace Mesh.Storage.Tests.S3;

/// <summary>What only a store in S3 does; the rest is its contract.</summary>
public sealed class S3ObjectStoreTests : IDisposable
{
    private readonly TemporaryFolder files = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task Nothing_of_the_probe_is_left_and_the_server_is_found_able_to_do_all()
    {
        using var bucket = await GatewayBucket.MakeAsync();
        using var store = await bucket.OpenAsync("lake");

        (await bucket.KeysAsync()).ShouldBeEmpty();
        store.Capabilities.ShouldBe(
            ObjectStoreCapabilities.ConditionalPut | ObjectStoreCapabilities.Tags | ObjectStoreCapabilities.Lifecycle | ObjectStoreCapabilities.StorageClasses);
        store.RootUri.ShouldBe($"s3://{bucket.Name}/lake");
        store.UriOf("a b/c=1").ShouldBe($"s3://{bucket.Name}/lake/a b/c=1");
    }

    [Fact]
    public async Task A_server_that_ignores_the_condition_is_refused()
    {
        Directory.CreateDirectory(files["empty"]);
        using var server = await NodeServer.StartAsync("s3-serve.mjs", files["empty"], files["state"]);
        var options = new S3Options { Endpoint = $"http://127.0.0.1:{server.Port}", Credentials = new S3Credentials("S3RVER", "S3RVER") };

        var refused = await Should.ThrowAsync<MeshException>(async () => await S3ObjectStore.OpenAsync("s3://logs/lake", options, TimeProvider.System, Token));

        refused.Code.ShouldBe("MESH8034");
        refused.IsTransient.ShouldBeFalse();
        refused.Message.ShouldContain("If-None-Match");
    }

    [Fact]
    public async Task What_is_wrong_with_the_place_or_the_key_is_said_at_the_start_without_the_secret()
    {
        using var bucket = await GatewayBucket.MakeAsync();
        var noBucket = await Should.ThrowAsync<MeshException>(async () => await S3ObjectStore.OpenAsync("s3://no-such-bucket/lake", bucket.Options, TimeProvider.System, Token));
        noBucket.Code.ShouldBe("MESH8035");
        noBucket.Message.ShouldContain("no such bucket");

        var wrongKey = bucket.Options with { Credentials = new S3Credentials(CephGateway.AccessKey, "a-wrong-secret") };
        var notAllowed = await Should.ThrowAsync<MeshException>(async () => await bucket.OpenAsync("lake", wrongKey));
        notAllowed.Code.ShouldBe("MESH8032");
        notAllowed.ToString().ShouldNotContain("a-wrong-secret");
        wrongKey.ToString().ShouldNotContain("a-wrong-secret");

        var nobody = bucket.Options with { Endpoint = "http://127.0.0.1:9", MaxRetries = 1, RetryDelay = TimeSpan.FromMilliseconds(1) };
        var unreachable = await Should.ThrowAsync<MeshException>(async () => await bucket.OpenAsync("lake", nobody));
        unreachable.Code.ShouldBe("MESH8033");
        unreachable.IsTransient.ShouldBeTrue();
        foreach (string uri in new[] { "s3://", "s3://UPPER/x", "s3:///x", "file:///x" })
        {
            (await Should.ThrowAsync<MeshException>(async () => await S3ObjectStore.OpenAsync(uri, bucket.Options, TimeProvider.System, Token))).Code.ShouldBe("MESH8030");
        }
    }

    [Fact]
    public async Task An_import_that_was_broken_off_sends_only_what_is_missing_or_differs()
    {
        using var bucket = await GatewayBucket.MakeAsync();
        using var store = await bucket.OpenAsync("landing");
        byte[] content = RandomNumberGenerator.GetBytes((20 << 20) + 1_000);
        await File.WriteAllBytesAsync(files["drive.mcap"], content, Token);

        // What a killed process leaves: parts 1 and 3 as they should be, part 2 with other bytes, 4 and 5 missing.
        int part = bucket.Options.PartBytes;
        var begun = await bucket.Client.InitiateMultipartUploadAsync(bucket.Name, "landing/aa/drive.mcap", Token);
        byte[][] sent = [content[..part], new byte[part], content[(2 * part)..(3 * part)]];
        for (int i = 0; i < sent.Length; i++)
        {
            await bucket.Client.UploadPartAsync(
                new UploadPartRequest { BucketName = bucket.Name, Key = begun.Key, UploadId = begun.UploadId, PartNumber = i + 1, InputStream = new MemoryStream(sent[i]), PartSize = part }, Token);
        }

        await store.ImportFileAsync(files["drive.mcap"], "aa/drive.mcap", Token);

        var parts = await bucket.Client.GetObjectMetadataAsync(bucket.Name, "landing/aa/drive.mcap", Token);
        parts.ETag.Trim('"').ShouldEndWith("-5");
        (await bucket.CountUnfinishedAsync()).ShouldBe(0, "the unfinished upload itself was completed");
        await using var source = await store.OpenAsync("aa/drive.mcap", Token);
        byte[] read = new byte[content.Length];
        (await source.ReadAtAsync(0, read, Token)).ShouldBe(content.Length);
        SHA256.HashData(read).ShouldBe(SHA256.HashData(content));
    }

    [Fact]
    public async Task An_import_that_fails_half_way_keeps_its_parts_for_the_next_attempt()
    {
        using var bucket = await GatewayBucket.MakeAsync();
        await File.WriteAllBytesAsync(files["drive.mcap"], RandomNumberGenerator.GetBytes(40 << 20), Token);
        await using var proxy = new FaultyProxy(bucket.Options.Endpoint!);
        var options = bucket.Options with { Endpoint = proxy.Endpoint, MaxRetries = 1, RetryDelay = TimeSpan.FromMilliseconds(1), MaxUploadBytes = 5 << 20 };
        using var store = await bucket.OpenAsync("landing", options);

        proxy.FailFrom(request => request.Contains("partNumber=5", StringComparison.Ordinal));
        var failed = await Should.ThrowAsync<MeshException>(async () => await store.ImportFileAsync(files["drive.mcap"], "drive.mcap", Token));
        failed.Code.ShouldBe("MESH8033");
        failed.IsTransient.ShouldBeTrue();
        (await bucket.CountUnfinishedAsync()).ShouldBe(1);

        proxy.FailNothing();
        await store.ImportFileAsync(files["drive.mcap"], "drive.mcap", Token);

        proxy.Requests.Count(request => request.StartsWith("PUT", StringComparison.Ordinal) && request.Contains("partNumber=1&", StringComparison.Ordinal)).ShouldBe(1, "part 1 was sent once");
        (await store.GetSizeAsync("drive.mcap", Token)).ShouldBe(40 << 20);
        (await bucket.CountUnfinishedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_request_that_fails_in_passing_is_repeated_and_a_lost_answer_is_not_taken_for_another_writer()
    {
        using var bucket = await GatewayBucket.MakeAsync();
        await using var proxy = new FaultyProxy(bucket.Options.Endpoint!);
        using var store = await bucket.OpenAsync("lake", bucket.Options with { Endpoint = proxy.Endpoint, RetryDelay = TimeSpan.FromMilliseconds(1) });

        // The put arrives and is done, its answer never comes back: the repeat meets its own object.
        proxy.LoseAnswer(request => request.StartsWith("PUT", StringComparison.Ordinal));
        await store.PutAsync("commit", "mine"u8.ToArray(), PutMode.IfAbsent, Token);
        proxy.Requests.Count(request => request.StartsWith("PUT", StringComparison.Ordinal) && request.Contains("commit", StringComparison.Ordinal)).ShouldBe(2);
        (await Should.ThrowAsync<MeshException>(async () => await store.PutAsync("commit", "other"u8.ToArray(), PutMode.IfAbsent, Token))).Code.ShouldBe("MESH8002");

        // The same for an upload in parts that was completed.
        proxy.LoseAnswer(request => request.StartsWith("POST", StringComparison.Ordinal) && request.Contains("uploadId", StringComparison.Ordinal));
        await using (var writer = await store.CreateAsync("data", PutMode.UniqueName, Token))
        {
            await writer.Stream.WriteAsync(new byte[12 << 20], Token);
            await writer.CompleteAsync(Token);
        }

        (await store.GetSizeAsync("data", Token)).ShouldBe(12 << 20);

        // An answer cut off in the middle of its bytes.
        await using var source = await store.OpenAsync("data", Token);
        proxy.CutAnswer(request => request.StartsWith("GET", StringComparison.Ordinal));
        byte[] read = new byte[2 << 20];
        (await source.ReadAtAsync(0, read, Token)).ShouldBe(read.Length);
    }

    [Fact]
    public async Task Bytes_under_way_stay_within_the_room_for_them_and_a_write_waits_for_it()
    {
        using var bucket = await GatewayBucket.MakeAsync();
        await using var proxy = new FaultyProxy(bucket.Options.Endpoint!);
        using var store = await bucket.OpenAsync("lake", bucket.Options with { Endpoint = proxy.Endpoint, MaxUploadBytes = 10 << 20 });
        var open = proxy.Hold(request => request.Contains("partNumber", StringComparison.Ordinal));
        byte[] part = new byte[5 << 20];

        await using var writer = await store.CreateAsync("big", PutMode.UniqueName, Token);
        for (int i = 0; i < 3; i++) await writer.Stream.WriteAsync(part, Token);
        var waiting = writer.Stream.WriteAsync(part, Token).AsTask();
        await Task.WhenAny(waiting, Task.Delay(300, Token));

        waiting.IsCompleted.ShouldBeFalse("two parts are under way, the third is full: the writer must wait");
        proxy.Requests.Count(request => request.Contains("partNumber", StringComparison.Ordinal)).ShouldBe(2);
        open.SetResult();
        await waiting;
        await writer.CompleteAsync(Token);
        (await store.GetSizeAsync("big", Token)).ShouldBe(20 << 20);
    }

    [Fact]
    public async Task An_object_replaced_while_it_is_read_is_an_error_and_never_a_mixture()
    {
        using var bucket = await GatewayBucket.MakeAsync();
        using var store = await bucket.OpenAsync("lake");
        await store.PutAsync("hint", Encoding.ASCII.GetBytes(new string('a', 4000)), PutMode.Overwrite, Token);
        await using var source = await store.OpenAsync("hint", Token);
        await store.PutAsync("hint", Encoding.ASCII.GetBytes(new string('b', 4000)), PutMode.Overwrite, Token);

        var error = await Should.ThrowAsync<MeshException>(async () => await source.ReadAtAsync(0, new byte[100], Token));
        error.Code.ShouldBe("MESH8036");
        error.IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task Leftovers_of_killed_processes_are_swept_a_day_later_and_only_under_the_stores_own_prefix()
    {
        using var bucket = await GatewayBucket.MakeAsync();
        foreach (string key in new[] { "lake/a", "lakeside/b" }) await bucket.Client.InitiateMultipartUploadAsync(bucket.Name, key, Token);
        await bucket.Client.PutObjectAsync(new PutObjectRequest { BucketName = bucket.Name, Key = "lake/.tmp/probe-1", ContentBody = "x" }, Token);

        (await bucket.OpenAsync("lake")).Dispose();
        (await bucket.CountUnfinishedAsync()).ShouldBe(2);
        (await bucket.KeysAsync()).ShouldBe(["lake/.tmp/probe-1"]);

        using var store = await bucket.OpenAsync("lake", time: new ManualTimeProvider(DateTimeOffset.UtcNow.AddDays(2)));
        (await bucket.CountUnfinishedAsync()).ShouldBe(1);
        (await bucket.KeysAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Lifecycle_rules_of_others_stay_and_two_stores_of_a_bucket_do_not_see_each_others()
    {
        using var bucket = await GatewayBucket.MakeAsync();
        using var lake = await bucket.OpenAsync("lake");
        using var landing = await bucket.OpenAsync("landing");
        await bucket.Client.PutLifecycleConfigurationAsync(bucket.Name, new LifecycleConfiguration
        {
            Rules = [new Amazon.S3.Model.LifecycleRule { Id = "theirs", Status = "Enabled", Filter = new LifecycleFilter { LifecycleFilterPredicate = new LifecyclePrefixPredicate { Prefix = "other/" } }, Expiration = new LifecycleRuleExpiration { Days = 3 } }],
        }, Token);

        await lake.SetLifecycleAsync([new("cold", "raw/") { Transitions = [new(30, "STANDARD_IA")] }], Token);
        await landing.SetLifecycleAsync([new("cold", "") { ExpirationDays = 9 }], Token);
        await lake.SetLifecycleAsync([], Token);

        (await lake.GetLifecycleAsync(Token)).ShouldBeEmpty();
        (await landing.GetLifecycleAsync(Token)).Single().ExpirationDays.ShouldBe(9);
        var rules = (await bucket.Client.GetLifecycleConfigurationAsync(bucket.Name, Token)).Configuration.Rules;
        rules.Select(rule => rule.Id).ShouldBe(["theirs", "mesh:landing/:cold"], ignoreOrder: true);
        ((LifecyclePrefixPredicate)rules.Single(rule => rule.Id == "theirs").Filter.LifecycleFilterPredicate).Prefix.ShouldBe("other/");
    }

    [Fact]
    public async Task A_lifecycle_rule_deletes_what_is_tagged_and_leaves_the_rest()
    {
        await using var gateway = await CephGateway.StartAsync("memstore", lifecycleDaySeconds: 5);
        using var bucket = await GatewayBucket.MakeAsync(gateway);
        using var store = await bucket.OpenAsync("landing");
        foreach (string key in new[] { "done/a", "done/b", "kept/c" }) await store.PutAsync(key, new byte[10], PutMode.IfAbsent, Token);
        await store.SetTagsAsync("done/a", new Dictionary<string, string> { ["state"] = "finished" }, Token);
        await store.SetTagsAsync("kept/c", new Dictionary<string, string> { ["state"] = "finished" }, Token);
        await store.SetLifecycleAsync([new("finished", "done/") { Tags = new Dictionary<string, string> { ["state"] = "finished" }, ExpirationDays = 1 }], Token);

        for (int i = 0; i < 300 && await store.GetSizeAsync("done/a", Token) is not null; i++) await Task.Delay(200, Token);

        (await bucket.KeysAsync()).ShouldBe(["landing/done/b", "landing/kept/c"]);
    }

    [Fact]
    public async Task What_was_opened_for_reading_reads_and_refuses_to_write()
    {
        using var bucket = await GatewayBucket.MakeAsync();
        using var writer = await bucket.OpenAsync("lake");
        await writer.PutAsync("a", "text"u8.ToArray(), PutMode.IfAbsent, Token);
        using var reader = S3ObjectStore.OpenForReading($"s3://{bucket.Name}/lake", bucket.Options);

        (await reader.GetSizeAsync("a", Token)).ShouldBe(4);
        await Should.ThrowAsync<InvalidOperationException>(async () => await reader.PutAsync("b", new byte[1], PutMode.Overwrite, Token));
    }
}
