using System.Security.Cryptography;
using System.Text;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Storage.Tests;

/// <summary>What the rest of Mesh relies on, whatever keeps the objects. One class per store runs it.</summary>
public abstract class ObjectStoreContractTests : IAsyncLifetime
{
    private readonly TemporaryFolder files = new();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected IObjectStore Store { get; private set; } = null!;

    /// <summary>Larger than one part of an upload.</summary>
    protected const int LargeBytes = 17_500_000;

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        files.Dispose();
        (Store as IDisposable)?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_was_put_is_read_back_at_any_place()
    {
        byte[] content = Bytes(100_000);
        await Store.PutAsync("raw/imu/data/a.parquet", content, PutMode.IfAbsent, Token);

        await using var source = await Store.OpenAsync("raw/imu/data/a.parquet", Token);
        source.Length.ShouldBe(content.Length);
        byte[] middle = new byte[1000];
        (await source.ReadAtAsync(50_000, middle, Token)).ShouldBe(1000);
        middle.ShouldBe(content[50_000..51_000]);
        (await source.ReadAtAsync(content.Length - 10, middle, Token)).ShouldBe(10);
        middle[..10].ShouldBe(content[^10..]);
        (await source.ReadAtAsync(content.Length, middle, Token)).ShouldBe(0);
        (await Store.GetSizeAsync("raw/imu/data/a.parquet", Token)).ShouldBe(content.Length);
    }

    [Fact]
    public async Task An_empty_object_is_an_object()
    {
        await Store.PutAsync("empty", ReadOnlyMemory<byte>.Empty, PutMode.IfAbsent, Token);
        (await Store.GetSizeAsync("empty", Token)).ShouldBe(0);
        await using var source = await Store.OpenAsync("empty", Token);
        (await source.ReadAtAsync(0, new byte[1], Token)).ShouldBe(0);
        (await Keys("")).ShouldBe(["empty"]);
    }

    [Theory]
    [InlineData(PutMode.Overwrite)]
    [InlineData(PutMode.IfAbsent)]
    [InlineData(PutMode.UniqueName)]
    public async Task A_large_object_written_in_small_and_large_pieces_is_read_back_in_any_size_by_many_at_once(PutMode mode)
    {
        byte[] content = Bytes(LargeBytes);
        await using (var writer = await Store.CreateAsync("large", mode, Token))
        {
            int[] pieces = [1, 100, 64 << 10, 6_000_000, 3, 1 << 20];
            for (int start = 0, i = 0; start < content.Length; i++)
            {
                int count = Math.Min(pieces[i % pieces.Length], content.Length - start);
                await writer.Stream.WriteAsync(content.AsMemory(start, count), Token);
                start += count;
            }

            (await Store.GetSizeAsync("large", Token)).ShouldBeNull();
            await writer.CompleteAsync(Token);
            writer.BytesWritten.ShouldBe(content.Length);
        }

        await using var source = await Store.OpenAsync("large", Token);
        byte[] whole = new byte[content.Length + 10];
        (await source.ReadAtAsync(0, whole, Token)).ShouldBe(content.Length);
        SHA256.HashData(whole.AsSpan(0, content.Length)).ShouldBe(SHA256.HashData(content));
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async reader =>
        {
            byte[] part = new byte[700_001];
            long offset = reader * 1_050_000L;
            int read = await source.ReadAtAsync(offset, part, Token);
            read.ShouldBe((int)Math.Min(part.Length, content.Length - offset));
            part.AsSpan(0, read).SequenceEqual(content.AsSpan((int)offset, read)).ShouldBeTrue($"at {offset}");
        }));
    }

    [Theory]
    [InlineData(300_000)]
    [InlineData(LargeBytes)]
    public async Task An_object_is_invisible_until_its_writer_is_completed_and_leaves_nothing_when_it_never_is(int bytes)
    {
        await using (var writer = await Store.CreateAsync("a/b", PutMode.UniqueName, Token))
        {
            await writer.Stream.WriteAsync(new byte[bytes], Token);
            writer.BytesWritten.ShouldBe(bytes);
            (await Store.GetSizeAsync("a/b", Token)).ShouldBeNull();
            (await Keys("")).ShouldBeEmpty();
        }

        (await Store.GetSizeAsync("a/b", Token)).ShouldBeNull();
        (await LeftoversAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_conditional_put_never_replaces_and_an_overwrite_does()
    {
        await Store.PutAsync("k", "first"u8.ToArray(), PutMode.IfAbsent, Token);
        (await Should.ThrowAsync<MeshException>(async () => await Store.PutAsync("k", "second"u8.ToArray(), PutMode.IfAbsent, Token))).Code.ShouldBe("MESH8002");
        await using (var large = await Store.CreateAsync("k", PutMode.IfAbsent, Token))
        {
            await large.Stream.WriteAsync(Bytes(LargeBytes), Token);
            (await Should.ThrowAsync<MeshException>(async () => await large.CompleteAsync(Token))).Code.ShouldBe("MESH8002");
        }

        (await Text("k")).ShouldBe("first");
        await Store.PutAsync("k", "third"u8.ToArray(), PutMode.Overwrite, Token);
        (await Text("k")).ShouldBe("third");
        (await LeftoversAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Of_many_writers_racing_for_a_key_exactly_one_wins_and_its_bytes_are_there()
    {
        for (int round = 0; round < 10; round++)
        {
            string key = $"race/{round}";
            var attempts = await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
            {
                try
                {
                    await Store.PutAsync(key, Encoding.UTF8.GetBytes($"writer {writer}"), PutMode.IfAbsent, Token);
                    return writer;
                }
                catch (MeshException exception) when (exception.Code == "MESH8002")
                {
                    return -1;
                }
            }, Token)));

            int winner = attempts.Single(writer => writer >= 0);
            (await Text(key)).ShouldBe($"writer {winner}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("a/../../b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a/./b")]
    [InlineData("a\0b")]
    [InlineData("a\\..\\b")]
    [InlineData(".tmp/x")]
    public async Task A_key_that_could_leave_the_root_is_refused(string key)
    {
        (await Should.ThrowAsync<MeshException>(async () => await Store.PutAsync(key, "x"u8.ToArray(), PutMode.Overwrite, Token))).Code.ShouldBe("MESH8001");
        (await Should.ThrowAsync<MeshException>(async () => await Store.OpenAsync(key, Token))).Code.ShouldBe("MESH8001");
        (await Should.ThrowAsync<MeshException>(async () => await Store.DeleteAsync(key, Token))).Code.ShouldBe("MESH8001");
    }

    [Fact]
    public async Task Listings_are_in_ordinal_key_order_and_hide_what_is_being_written()
    {
        string[] keys = ["a/b", "a-b", "a.b", "a/c/d", "a0", "Z", "a/b.x", "ä", "day=2026-11-22/100% + 1.x"];
        foreach (string key in keys) await Store.PutAsync(key, new byte[3], PutMode.IfAbsent, Token);
        await using var open = await Store.CreateAsync("a/open", PutMode.IfAbsent, Token);
        await open.Stream.WriteAsync(new byte[10], Token);

        (await Keys("")).ShouldBe(keys.Order(StringComparer.Ordinal));
        (await Keys("a/")).ShouldBe(["a/b", "a/b.x", "a/c/d"]);
        (await Keys("a/b")).ShouldBe(["a/b", "a/b.x"]);
        (await Keys("nothing/here")).ShouldBeEmpty();
        var before = DateTimeOffset.UtcNow;
        await foreach (var entry in Store.ListAsync("", Token))
        {
            entry.Bytes.ShouldBe(3);
            (before - entry.ModifiedAt).ShouldBeLessThan(TimeSpan.FromMinutes(5));
            (entry.StorageClass is null).ShouldBe(!Store.Capabilities.HasFlag(ObjectStoreCapabilities.StorageClasses));
        }
    }

    [Fact]
    public async Task A_listing_of_more_than_a_page_is_complete_and_in_order()
    {
        string[] keys = [.. Enumerable.Range(0, 1_203).Select(i => $"many/{i * 7919 % 1_203:D5}")];
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token },
            async (key, token) => await Store.PutAsync(key, ReadOnlyMemory<byte>.Empty, PutMode.Overwrite, token));

        (await Keys("many/")).ShouldBe(keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Deleting_is_idempotent_and_a_missing_object_is_a_clear_error()
    {
        await Store.PutAsync("x/y", new byte[1], PutMode.IfAbsent, Token);
        await Store.DeleteAsync("x/y", Token);
        await Store.DeleteAsync("x/y", Token);
        await Store.DeleteAsync("never/was", Token);
        (await Store.GetSizeAsync("x/y", Token)).ShouldBeNull();
        (await Should.ThrowAsync<MeshException>(async () => await Store.OpenAsync("x/y", Token))).Code.ShouldBe("MESH8003");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(LargeBytes)]
    public async Task A_file_is_imported_whole_stays_where_it_is_and_may_be_imported_again(int bytes)
    {
        byte[] content = Bytes(bytes);
        await File.WriteAllBytesAsync(files["file"], content, Token);
        await Store.ImportFileAsync(files["file"], "imported/file.mcap", Token);
        await Store.ImportFileAsync(files["file"], "imported/file.mcap", Token);

        File.Exists(files["file"]).ShouldBeTrue();
        await using var source = await Store.OpenAsync("imported/file.mcap", Token);
        byte[] read = new byte[bytes];
        (await source.ReadAtAsync(0, read, Token)).ShouldBe(bytes);
        SHA256.HashData(read).ShouldBe(SHA256.HashData(content));
        (await LeftoversAsync()).ShouldBe(0);
    }

    [Fact]
    public void Uris_and_keys_round_trip_and_what_lies_outside_is_refused()
    {
        Store.UriOf("data/log_time_day=2026-11-22/x.parquet").ShouldBe($"{Store.RootUri}/data/log_time_day=2026-11-22/x.parquet");
        foreach (string key in new[] { "a b", "100%", "a%20b", "q?x", "#", "ü/é", "a+b=c" }) Store.KeyOf(Store.UriOf(key)).ShouldBe(key);
        Should.Throw<MeshException>(() => Store.KeyOf("file:///etc/passwd")).Code.ShouldBe("MESH8001");
        Should.Throw<MeshException>(() => Store.KeyOf(Store.RootUri + "/../x")).Code.ShouldBe("MESH8001");
        Should.Throw<MeshException>(() => Store.KeyOf(Store.RootUri + "x/y")).Code.ShouldBe("MESH8001");
    }

    [Fact]
    public async Task Keys_with_characters_that_urls_encode_name_the_objects_they_say()
    {
        foreach (string key in new[] { "a b", "100%", "a%20b", "a+b", "q?x=1&y", "#", "ü/é", "日本/語", "a=b/~(c)'!*" })
        {
            await Store.PutAsync(key, Encoding.UTF8.GetBytes(key), PutMode.IfAbsent, Token);
            (await Text(key)).ShouldBe(key);
            (await Keys(key)).ShouldBe([key]);
            await Store.DeleteAsync(key, Token);
        }
    }

    [Fact]
    public async Task Tags_are_kept_where_the_store_has_them_and_clearly_refused_where_not()
    {
        await Store.PutAsync("tagged", new byte[1], PutMode.IfAbsent, Token);
        var tags = new Dictionary<string, string> { ["product"] = "raw/imu", ["tier"] = "warm + 1" };
        if (!Store.Capabilities.HasFlag(ObjectStoreCapabilities.Tags))
        {
            (await Should.ThrowAsync<MeshException>(async () => await Store.SetTagsAsync("tagged", tags, Token))).Code.ShouldBe("MESH8004");
            (await Should.ThrowAsync<MeshException>(async () => await Store.GetTagsAsync("tagged", Token))).Code.ShouldBe("MESH8004");
            return;
        }

        (await Store.GetTagsAsync("tagged", Token)).ShouldBeEmpty();
        await Store.SetTagsAsync("tagged", tags, Token);
        (await Store.GetTagsAsync("tagged", Token)).ShouldBe(tags, ignoreOrder: true);
        await Store.SetTagsAsync("tagged", new Dictionary<string, string>(), Token);
        (await Store.GetTagsAsync("tagged", Token)).ShouldBeEmpty();
        (await Should.ThrowAsync<MeshException>(async () => await Store.SetTagsAsync("absent", tags, Token))).Code.ShouldBe("MESH8003");
    }

    [Fact]
    public async Task An_object_moves_to_another_storage_class_with_its_bytes_and_tags_or_the_store_has_none()
    {
        byte[] content = Bytes(LargeBytes);
        await using (var writer = await Store.CreateAsync("cold", PutMode.UniqueName, Token))
        {
            await writer.Stream.WriteAsync(content, Token);
            await writer.CompleteAsync(Token);
        }

        if (!Store.Capabilities.HasFlag(ObjectStoreCapabilities.StorageClasses))
        {
            (await Should.ThrowAsync<MeshException>(async () => await Store.SetStorageClassAsync("cold", "STANDARD_IA", Token))).Code.ShouldBe("MESH8004");
            return;
        }

        await Store.SetTagsAsync("cold", new Dictionary<string, string> { ["product"] = "x" }, Token);
        await Store.SetStorageClassAsync("cold", "STANDARD_IA", Token);
        await Store.SetStorageClassAsync("cold", "STANDARD_IA", Token);

        var entries = new List<ObjectEntry>();
        await foreach (var entry in Store.ListAsync("cold", Token)) entries.Add(entry);
        entries.Single().StorageClass.ShouldBe("STANDARD_IA");
        (await Store.GetTagsAsync("cold", Token))["product"].ShouldBe("x");
        await using var source = await Store.OpenAsync("cold", Token);
        byte[] read = new byte[content.Length];
        (await source.ReadAtAsync(0, read, Token)).ShouldBe(content.Length);
        read.AsSpan().SequenceEqual(content).ShouldBeTrue();
        (await Should.ThrowAsync<MeshException>(async () => await Store.SetStorageClassAsync("absent", "STANDARD_IA", Token))).Code.ShouldBe("MESH8003");
    }

    [Fact]
    public async Task Lifecycle_rules_are_read_back_as_they_were_set_or_clearly_refused()
    {
        LifecycleRule[] rules =
        [
            new("uploads", "") { AbortUploadsDays = 2 },
            new("cold", "raw/") { Tags = new Dictionary<string, string> { ["product"] = "raw/imu", ["tier"] = "cold" }, Transitions = [new LifecycleTransition(30, "STANDARD_IA")] },
            new("old", "landing/") { ExpirationDays = 7 },
        ];
        if (!Store.Capabilities.HasFlag(ObjectStoreCapabilities.Lifecycle))
        {
            (await Should.ThrowAsync<MeshException>(async () => await Store.SetLifecycleAsync(rules, Token))).Code.ShouldBe("MESH8004");
            return;
        }

        (await Store.GetLifecycleAsync(Token)).ShouldBeEmpty();
        await Store.SetLifecycleAsync(rules, Token);
        (await Store.GetLifecycleAsync(Token)).OrderBy(rule => rule.Id).Select(InArrays).ShouldBeEquivalentTo(rules.OrderBy(rule => rule.Id).Select(InArrays));
        await Store.SetLifecycleAsync([], Token);
        (await Store.GetLifecycleAsync(Token)).ShouldBeEmpty();
    }

    /// <summary>The rule with the same kinds of collections whoever made it: equivalence compares these too.</summary>
    private static LifecycleRule InArrays(LifecycleRule rule) => rule with { Tags = new Dictionary<string, string>(rule.Tags), Transitions = rule.Transitions.ToArray() };

    protected static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Opens the store, empty.</summary>
    protected abstract Task<IObjectStore> OpenAsync();

    /// <summary>Unfinished objects that the store holds.</summary>
    protected abstract Task<int> LeftoversAsync();

    protected async Task<List<string>> Keys(string prefix)
    {
        var keys = new List<string>();
        await foreach (var entry in Store.ListAsync(prefix, Token)) keys.Add(entry.Key);
        return keys;
    }

    protected async Task<string> Text(string key)
    {
        await using var source = await Store.OpenAsync(key, Token);
        byte[] bytes = new byte[source.Length];
        await source.ReadAtAsync(0, bytes, Token);
        return Encoding.UTF8.GetString(bytes);
    }
}
