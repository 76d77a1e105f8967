using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Columnar.Compression;
using Mesh.Columnar.Parquet;
using Mesh.Storage;
using Mesh.Testing;

namespace Mesh.Benchmarks;

/// <summary>
/// The lake's kinds of columns written and read as Parquet by Mesh and by DuckDB, side by side in one run: the same values, zstd at the same
/// level, one thread and two; both warm up first. Beside them what libzstd alone takes for the pages Mesh wrote, which is the floor.
/// </summary>
internal static class LakeColumns
{
    private const int Repeats = 5;

    /// <summary>Runs before the measured ones, until the hot code is compiled for good.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.7);

    public static async Task<int> RunAsync(string[] args)
    {
        int level = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1;
        string only = args.Length > 1 ? args[1] : "";
        string folder = Directory.CreateTempSubdirectory("mesh-benchmark-").FullName;
        try
        {
            Console.WriteLine(FormattableString.Invariant($"zstd level {level}, best of {Repeats}; MB/s are of values in Arrow layout"));
            foreach (var (name, query, batches) in LakeData.Kinds())
            {
                if (only.Length == 0 || name == only) await MeasureAsync(folder, name, query, level, batches);
            }

            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(string folder, string name, string query, int level, List<RecordBatch> batches)
    {
        double bytes = batches.Sum(batch => batch.EstimatedBytes);
        string source = Path.Combine(folder, "source.parquet"), mesh = Path.Combine(folder, "mesh.parquet"), duckdb = Path.Combine(folder, "duckdb.parquet");
        Report($"{name}: {batches.Sum(batch => (long)batch.Length):N0} rows, {bytes / 1e6:N1} MB");
        await WriteAsync(source, batches, new ParquetWriterOptions { Compression = ParquetCompression.None, ChooseFrom = ParquetEncodings.Classic });
        foreach (var (threads, encodings) in ((int, ParquetEncodings)[])[(1, ParquetEncodings.All), (1, ParquetEncodings.Common), (2, ParquetEncodings.Common)])
        {
            double seconds = await BestAsync(() => WriteAsync(mesh, batches, new ParquetWriterOptions { CompressionLevel = level, Parallelism = threads, ChooseFrom = encodings }));
            Report($"  write  Mesh       {threads} thread  {bytes / 1e6 / seconds,8:N0} MB/s  {new FileInfo(mesh).Length / 1e6,8:N2} MB  {encodings} encodings");
        }

        var (floor, pageBytes) = Floor(await File.ReadAllBytesAsync(mesh), level);
        Report($"  write  libzstd    1 thread  {bytes / 1e6 / floor,8:N0} MB/s  of {pageBytes / 1e6:N1} MB in pages");
        var other = await NodeScript.RunAsync("parquet-bench.mjs", source, duckdb, level.ToString(CultureInfo.InvariantCulture), Repeats.ToString(CultureInfo.InvariantCulture), query, mesh);
        foreach (var run in other.GetProperty("write").EnumerateArray())
        {
            Report($"  write  DuckDB {run.GetProperty("version").GetString()}  {run.GetProperty("threads").GetInt32()} thread  {bytes / 1e6 / run.GetProperty("seconds").GetDouble(),8:N0} MB/s  {run.GetProperty("bytes").GetInt64() / 1e6,8:N2} MB");
        }

        string column = batches[0].Schema.Fields[0].Name;
        double columnBytes = batches.Sum(batch => batch.Columns[0].EstimatedBytes);
        foreach (string file in (string[])[mesh, duckdb])
        {
            var memory = new ColumnMemory(64 << 20);
            double seconds = await BestAsync(() => ReadAsync(file, column, memory));
            Report($"  read   Mesh       1 thread  {columnBytes / 1e6 / seconds,8:N0} MB/s  of {Path.GetFileName(file)}");
            seconds = await BestAsync(() => ReadAsync(file, column, null));
            Report($"  read   Mesh       1 thread  {columnBytes / 1e6 / seconds,8:N0} MB/s  of {Path.GetFileName(file)}, every batch in new memory");
        }

        foreach (var run in other.GetProperty("read").EnumerateArray())
        {
            Report($"  read   DuckDB     {run.GetProperty("threads").GetInt32()} thread  {columnBytes / 1e6 / run.GetProperty("seconds").GetDouble(),8:N0} MB/s  of {Path.GetFileName(run.GetProperty("file").GetString())}");
        }
    }

    private static async Task WriteAsync(string path, List<RecordBatch> batches, ParquetWriterOptions options)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 20, useAsync: false);
        await using var writer = new ParquetWriter(file, batches[0].Schema, options);
        foreach (var batch in batches) await writer.WriteAsync(batch, default);
        await writer.CompleteAsync(default);
    }

    private static async Task ReadAsync(string path, string column, ColumnMemory? memory)
    {
        await using var reader = await ParquetReader.OpenAsync(new FileByteSource(path), default);
        long rows = 0;
        await foreach (var batch in reader.ReadAsync(new ParquetReadOptions { Columns = [column], Memory = memory }, default))
        {
            rows += batch.Length;
            memory?.Reclaim();
        }

        if (rows == 0) throw new InvalidOperationException("Nothing was read.");
    }

    private static async Task<double> BestAsync(Func<Task> action)
    {
        var warm = Stopwatch.StartNew();
        while (warm.Elapsed < WarmUp) await action();
        double best = double.MaxValue;
        for (int i = 0; i < Repeats; i++)
        {
            var watch = Stopwatch.StartNew();
            await action();
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }

        return best;
    }

    /// <summary>Compresses all pages of a file again, with nothing else timed.</summary>
    private static (double Seconds, long PageBytes) Floor(byte[] file, int level)
    {
        int footerBytes = BitConverter.ToInt32(file, file.Length - 8);
        var footer = FooterReader.Read(file.AsSpan(file.Length - 8 - footerBytes, footerBytes));
        var pages = new List<byte[]>();
        foreach (var chunk in footer.RowGroups.SelectMany(group => group.Columns))
        {
            long at = chunk.DictionaryPageOffset > 0 ? chunk.DictionaryPageOffset : chunk.DataPageOffset;
            for (long end = at + chunk.CompressedBytes; at < end;)
            {
                var header = PageHeader.Read(file.AsSpan((int)at), out int consumed);
                byte[] page = new byte[header.UncompressedBytes];
                if (!Zstd.TryDecompress(file.AsSpan((int)at + consumed, header.CompressedBytes), page, out _)) throw new InvalidOperationException("A page does not decompress.");
                pages.Add(page);
                at += consumed + header.CompressedBytes;
            }
        }

        byte[] target = new byte[Zstd.MaxCompressedLength(pages.Max(page => page.Length))];
        double best = double.MaxValue;
        for (int i = 0; i < Repeats; i++)
        {
            var watch = Stopwatch.StartNew();
            foreach (byte[] page in pages) Zstd.Compress(page, target, level);
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }

        return (best, pages.Sum(page => (long)page.Length));
    }

    private static void Report(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));
}
