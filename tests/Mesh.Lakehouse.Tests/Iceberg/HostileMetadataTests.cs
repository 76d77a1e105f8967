using System.Text;
using Mesh.Lakehouse.Iceberg.Avro;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Tests.Iceberg;

public sealed class HostileMetadataTests : IDisposable
{
    private readonly LakeFixture lake = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task Mutated_manifests_and_metadata_are_read_or_refused_and_nothing_else()
    {
        await lake.CreateImuAsync(new Lakehouse.Iceberg.PartitionField("vehicle_id", Lakehouse.Iceberg.PartitionTransform.Bucket, 16));
        var files = new List<Lakehouse.Iceberg.DataFile>();
        for (int i = 0; i < 20; i++) files.Add(await lake.FakeFileAsync(LakeFixture.Imu, 10, i % 16));
        var outcome = await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("a", [.. files])), None);
        var manifest = (await lake.Catalogue.ReadManifestListAsync(outcome.Snapshot!, None))[0];
        byte[] list = (await lake.Catalogue.ReadObjectAsync(outcome.Snapshot!.ManifestListUri, None)).ToArray();
        byte[] entries = (await lake.Catalogue.ReadObjectAsync(manifest.Path, None)).ToArray();
        byte[] metadata = (await lake.Catalogue.ReadObjectAsync(outcome.Table.MetadataUri, None)).ToArray();

        var layout = PartitionLayout.Of(TableMetadataReader.Read(metadata, "metadata"), manifest.PartitionSpecId);

        int refused = 0;
        Mutate(list, bytes => ManifestListFile.Read(bytes, "list"), ref refused);
        Mutate(entries, bytes => ManifestReader.Read(bytes, manifest, layout, static _ => true), ref refused);
        Mutate(Inflated(entries), bytes => ManifestReader.Read(bytes, manifest, layout, static _ => true), ref refused);
        Mutate(metadata, bytes => TableMetadataReader.Read(bytes, "metadata"), ref refused);
        refused.ShouldBeGreaterThan(1000, "or the mutations hit nothing");
    }

    [Fact]
    public void A_schema_that_contains_itself_ends_at_the_depth_limit()
    {
        byte[] file = Container("""{"type":"record","name":"a","fields":[{"name":"f","type":["null","a"]}]}""", [.. Enumerable.Repeat((byte)2, 1000), 0], 1);
        Should.Throw<MeshException>(() => AvroFile.Read(file, "recursive", _ => { })).Code.ShouldBe("MESH8120");
    }

    [Fact]
    public void Values_without_bytes_cannot_be_claimed_without_end()
    {
        byte[] items = Long(long.MaxValue);
        byte[] file = Container("""{"type":"record","name":"a","fields":[{"name":"f","type":{"type":"array","items":"null"}}]}""", items, 1);
        Should.Throw<MeshException>(() => AvroFile.Read(file, "nulls", _ => { })).Code.ShouldBe("MESH8120");
        byte[] records = Container("""{"type":"record","name":"a","fields":[]}""", [], long.MaxValue);
        Should.Throw<MeshException>(() => AvroFile.Read(records, "records", _ => { })).Code.ShouldBe("MESH8120");
    }

    [Fact]
    public void A_block_that_inflates_without_end_is_refused()
    {
        using var zeros = new MemoryStream();
        using (var deflate = new System.IO.Compression.DeflateStream(zeros, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
        {
            byte[] chunk = new byte[1 << 20];
            for (int i = 0; i < 100; i++) deflate.Write(chunk);
        }

        byte[] file = Container("""{"type":"record","name":"a","fields":[{"name":"f","type":"long"}]}""", zeros.ToArray(), 1, "deflate");
        Should.Throw<MeshException>(() => AvroFile.Read(file, "bomb", _ => { })).Message.ShouldContain("inflates");
    }

    private static void Mutate(byte[] valid, Action<ReadOnlyMemory<byte>> read, ref int refused)
    {
        var random = new Random(7);
        Should.NotThrow(() => read(valid));
        for (int i = 0; i < 1500; i++)
        {
            byte[] bytes = (byte[])valid.Clone();
            int edits = random.Next(1, 5);
            for (int e = 0; e < edits; e++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var mutated = i % 3 == 0 ? bytes.AsMemory(0, random.Next(bytes.Length)) : bytes;
            try
            {
                read(mutated);
            }
            catch (MeshException)
            {
                refused++;
            }
        }
    }

    /// <summary>The same file without compression, so that mutations reach the values.</summary>
    private static byte[] Inflated(byte[] file)
    {
        var decoder = new AvroDecoder(file, "manifest");
        decoder.Take(4);
        using var output = new MemoryStream();
        output.Write(AvroFile.Magic);
        long count = decoder.ReadLong();
        output.Write(Long(count));
        for (long i = 0; i < count; i++)
        {
            string key = decoder.ReadString();
            var value = decoder.ReadBytes();
            Bytes(output, Encoding.UTF8.GetBytes(key));
            Bytes(output, key == "avro.codec" ? "null"u8 : value);
        }

        decoder.ReadLong();
        output.WriteByte(0);
        var sync = decoder.Take(16).ToArray();
        output.Write(sync);
        while (!decoder.AtEnd)
        {
            output.Write(Long(decoder.ReadLong()));
            using var inflated = new MemoryStream();
            using (var inflater = new System.IO.Compression.DeflateStream(new MemoryStream(decoder.ReadBytes().ToArray()), System.IO.Compression.CompressionMode.Decompress)) inflater.CopyTo(inflated);
            Bytes(output, inflated.ToArray());
            output.Write(sync);
            decoder.Take(16);
        }

        return output.ToArray();
    }

    private static byte[] Container(string schema, byte[] block, long records, string codec = "null")
    {
        using var output = new MemoryStream();
        output.Write(AvroFile.Magic);
        output.Write(Long(2));
        Bytes(output, "avro.schema"u8);
        Bytes(output, Encoding.UTF8.GetBytes(schema));
        Bytes(output, "avro.codec"u8);
        Bytes(output, Encoding.UTF8.GetBytes(codec));
        output.WriteByte(0);
        output.Write(new byte[16]);
        output.Write(Long(records));
        Bytes(output, block);
        output.Write(new byte[16]);
        return output.ToArray();
    }

    private static void Bytes(MemoryStream output, ReadOnlySpan<byte> bytes)
    {
        output.Write(Long(bytes.Length));
        output.Write(bytes);
    }

    private static byte[] Long(long value)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        new AvroEncoder(buffer).WriteLong(value);
        return buffer.WrittenSpan.ToArray();
    }
}
