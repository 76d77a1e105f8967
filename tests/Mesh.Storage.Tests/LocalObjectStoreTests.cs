using System.Text;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Storage.Tests;

public sealed class LocalObjectStoreTests : IDisposable
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;
    private readonly TemporaryFolder folder = new();
    private readonly LocalObjectStore store;

    public LocalObjectStoreTests() => store = new LocalObjectStore(folder["lake"]);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Listings_are_in_ordinal_key_order_whatever_the_folders_and_hide_what_is_being_written()
    {
        string[] keys = ["a/b", "a-b", "a.b", "a/c/d", "a0", "Z", "a/b.x", "ä", "a/c"];
        keys = [.. keys.Where(key => key != "a/c")];
        foreach (string key in keys) await store.PutAsync(key, new byte[3], PutMode.IfAbsent, None);
        await using var open = await store.CreateAsync("a/open", PutMode.IfAbsent, None);

        (await Keys("")).ShouldBe(keys.Order(StringComparer.Ordinal));
        (await Keys("a/")).ShouldBe(["a/b", "a/b.x", "a/c/d"]);
        (await Keys("a/b")).ShouldBe(["a/b", "a/b.x"]);
        (await Keys("nothing/here")).ShouldBeEmpty();
    }

    [Fact]
    public void Uris_round_trip_and_encode_only_what_a_path_may_not_hold()
    {
        var odd = new LocalObjectStore(folder["a b#c%d ü"]);
        odd.RootUri.ShouldEndWith("/a%20b%23c%25d%20%C3%BC");
        odd.UriOf("data/log_time_day=2026-11-22/x.parquet").ShouldEndWith("/data/log_time_day=2026-11-22/x.parquet");
        foreach (string key in new[] { "a b", "100%", "a%20b", "q?x", "#", "ü/é", "a+b=c" })
        {
            odd.KeyOf(odd.UriOf(key)).ShouldBe(key);
            new Uri(odd.UriOf(key)).LocalPath.ShouldBe(Path.Combine(folder["a b#c%d ü"], key));
        }

        Should.Throw<MeshException>(() => odd.KeyOf("file:///etc/passwd")).Code.ShouldBe("MESH8001");
        Should.Throw<MeshException>(() => odd.KeyOf(odd.RootUri + "/..%2F..%2Fetc")).Code.ShouldBe("MESH8001");
        Should.Throw<MeshException>(() => odd.KeyOf(odd.RootUri + "x/y")).Code.ShouldBe("MESH8001");
    }

    [Fact]
    public void Old_leftovers_of_killed_processes_are_swept_and_young_files_are_not()
    {
        File.WriteAllText(folder["lake", ".tmp", "old"], "x");
        File.SetLastWriteTimeUtc(folder["lake", ".tmp", "old"], DateTime.UtcNow.AddDays(-2));
        File.WriteAllText(folder["lake", ".tmp", "young"], "x");

        _ = new LocalObjectStore(folder["lake"]);

        File.Exists(folder["lake", ".tmp", "old"]).ShouldBeFalse();
        File.Exists(folder["lake", ".tmp", "young"]).ShouldBeTrue();
    }

    [Fact]
    public async Task A_full_disk_is_a_transient_error_with_a_remedy_and_leaves_no_object()
    {
        // /dev/full answers every write as a full disk does; the temporary folder's file is made to be it.
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full, which Linux has");
        await using var full = new LocalObjectStream(new FileStream("/dev/full", FileMode.Open, FileAccess.Write), "a/b");

        var error = await Should.ThrowAsync<MeshException>(async () =>
        {
            await full.WriteAsync(new byte[1 << 20], None);
            await full.FlushAsync(None);
        });

        error.Code.ShouldBe("MESH8020");
        error.IsTransient.ShouldBeTrue();
        error.Message.ShouldContain("Free space");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_folder_that_went_away_is_waited_for_and_its_objects_are_not_believed_gone(bool isMountPoint)
    {
        await store.PutAsync("a/b", new byte[3], PutMode.IfAbsent, None);
        Directory.Move(folder["lake"], folder["away"]);
        if (isMountPoint) Directory.CreateDirectory(folder["lake"]);

        foreach (var ask in new Func<Task>[]
        {
            () => store.GetSizeAsync("a/b", None).AsTask(), () => store.OpenAsync("a/b", None).AsTask(), () => Keys(""),
        })
        {
            var error = await Should.ThrowAsync<MeshException>(ask);
            error.Code.ShouldBe("MESH8023");
            error.IsTransient.ShouldBeTrue();
        }

        if (isMountPoint) Directory.Delete(folder["lake"]);
        Directory.Move(folder["away"], folder["lake"]);
        (await store.GetSizeAsync("a/b", None)).ShouldBe(3);
        (await store.GetSizeAsync("a/c", None)).ShouldBeNull();
        (await Should.ThrowAsync<MeshException>(() => store.OpenAsync("a/c", None).AsTask())).Code.ShouldBe("MESH8003");
    }

    private async Task<List<string>> Keys(string prefix)
    {
        var keys = new List<string>();
        await foreach (var entry in store.ListAsync(prefix, None)) keys.Add(entry.Key);
        return keys;
    }

    private async Task<string> Text(string key)
    {
        await using var source = await store.OpenAsync(key, None);
        byte[] bytes = new byte[source.Length];
        await source.ReadAtAsync(0, bytes, None);
        return Encoding.UTF8.GetString(bytes);
    }
}
