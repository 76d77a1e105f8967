using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Storage.Tests;

public sealed class SpooledByteSourceTests
{
    [Fact]
    public async Task A_forward_only_stream_can_be_read_anywhere_and_leaves_no_file()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = new byte[3_000_001];
        new Random(1).NextBytes(bytes);
        var cancellationToken = TestContext.Current.CancellationToken;
        await using (var source = await SpooledByteSource.CreateAsync(new MemoryStream(bytes), "stdin", folder["spill"], 0, cancellationToken))
        {
            source.Length.ShouldBe(bytes.Length);
            source.Name.ShouldBe("stdin");
            byte[] read = new byte[100];
            (await source.ReadAtAsync(2_999_950, read, cancellationToken)).ShouldBe(51);
            read[..51].ShouldBe(bytes[2_999_950..]);
            (await source.ReadAtAsync(5, read, cancellationToken)).ShouldBe(100);
            read.ShouldBe(bytes[5..105]);
        }

        Directory.GetFiles(folder["spill"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_disk_that_would_fill_up_is_an_error_with_the_remedy()
    {
        using var folder = new TemporaryFolder();
        var exception = await Should.ThrowAsync<MeshException>(() =>
            SpooledByteSource.CreateAsync(new MemoryStream([1]), "stdin", folder.Path, long.MaxValue, TestContext.Current.CancellationToken));
        exception.Code.ShouldBe("MESH8011");
        exception.IsTransient.ShouldBeTrue();
        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }
}
