using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.LakeWriter;

/// <summary>Appends small file sets to the contended table, one after the other, and says which were acknowledged.</summary>
internal static class Appending
{
    private static readonly Schema Schema = new(
    [
        new Field("recording_id", DataType.Utf8, Nullable: false),
        new Field("writer", DataType.Int32, Nullable: false),
        new Field("set", DataType.Int32, Nullable: false),
        new Field("row", DataType.Int64, Nullable: false),
    ]);

    /// <summary>Rows of a set: from its name alone, so that whoever checks can know them.</summary>
    public static int RowsOf(int writer, int set) => 1 + (((writer * 31) + (set * 7)) % 20);

    public static async Task RunAsync(WriterLake lake, int writer, int first, CancellationToken cancellationToken)
    {
        var definition = new TableDefinition(Schema, [new PartitionField("writer", PartitionTransform.Bucket, 4)], ["row"], new Dictionary<string, string>());
        var table = await lake.Tables.EnsureAsync(WriterLake.Table, definition, SchemaChangePolicy.Evolve, cancellationToken);
        Console.WriteLine("ready");
        for (int set = first; !cancellationToken.IsCancellationRequested; set++)
        {
            var id = IngestId.Compute(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{writer}/{set}"))), "writer");
            var files = new List<DataFile>();
            for (int part = 0; part < 2; part++) files.Add(await WriteAsync(lake.Store, table, id, writer, set, part, cancellationToken));
            var request = new AppendRequest { Sets = [new IngestSet(id, "contended", "v1", Guid.NewGuid().ToString(), files)] };
            while (true)
            {
                try
                {
                    // What has begun is finished, as the catalogue stage does it.
                    await lake.Tables.AppendAsync(WriterLake.Table, request, CancellationToken.None);
                    break;
                }
                catch (MeshException exception) when (exception.IsTransient)
                {
                    await Task.Delay(50, cancellationToken);
                }
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"committed {set}"));
        }
    }

    /// <summary>Half of a set's rows: the even ones or the odd ones.</summary>
    private static async Task<DataFile> WriteAsync(IObjectStore store, Table table, IngestId id, int writer, int set, int part, CancellationToken cancellationToken)
    {
        var builder = new StructBuilder(new StructType(table.Schema.Fields));
        for (long row = part; row < RowsOf(writer, set) * 2; row += 2)
        {
            ((BinaryBuilder)builder.Children[0]).Append(id.ToString());
            ((FixedWidthBuilder<int>)builder.Children[1]).Append(writer);
            ((FixedWidthBuilder<int>)builder.Children[2]).Append(set);
            ((FixedWidthBuilder<long>)builder.Children[3]).Append(row);
            builder.EndStruct();
        }

        var batch = builder.BuildBatch();
        var partition = PartitionTransforms.Apply(table.PartitionBy[0], batch["writer"], 0);
        string key = $"{table.Identifier.Namespace}/{table.Identifier.Name}/data/{writer}-{set}-{part}-{Guid.NewGuid():N}.parquet";
        await using var output = await store.CreateAsync(key, PutMode.IfAbsent, cancellationToken);
        await using var parquet = new ParquetWriter(output.Stream, batch.Schema);
        await parquet.WriteAsync(batch, cancellationToken);
        var summary = await parquet.CompleteAsync(cancellationToken);
        await output.CompleteAsync(cancellationToken);
        return new DataFile
        {
            Uri = store.UriOf(key), RowCount = summary.RowCount, FileBytes = summary.FileBytes, Partition = [partition],
            Columns = summary.Columns, SplitOffsets = summary.SplitOffsets,
        };
    }
}
