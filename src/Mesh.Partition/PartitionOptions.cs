using System.Text.RegularExpressions;
using Mesh.Lakehouse.Iceberg;
using Mesh.Streaming.Topologies;

namespace Mesh.Partition;

/// <summary>How tables are laid out in files: the <c>partition</c> section of a topology, and limits.</summary>
public sealed partial record PartitionOptions
{
    /// <summary>
    /// Partition fields of new tables (default: <c>day(log_time)</c>, <c>bucket(16, vehicle_id)</c>). A table that exists keeps its own;
    /// fields whose column a table does not have are left out.
    /// </summary>
    public IReadOnlyList<PartitionField> PartitionBy { get; init; } =
        [new("log_time", PartitionTransform.Day), new("vehicle_id", PartitionTransform.Bucket, 16)];

    /// <summary>Columns that new tables are sorted by, ascending (default: <c>log_time</c>). Rows are sorted within each row group.</summary>
    public IReadOnlyList<string> SortBy { get; init; } = ["log_time"];

    /// <summary>Bytes after which a new file is begun (default: 256 MiB).</summary>
    public long TargetFileBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of rows that are gathered, sorted and written as one row group (default: 16 MiB).</summary>
    public long RowGroupBytes { get; init; } = 16L << 20;

    /// <summary>Bytes of rows that one upload may hold over all its open files (default: 64 MiB); beyond it the largest is written early.</summary>
    public long MaxBufferedBytes { get; init; } = 64L << 20;

    /// <summary>Objects open for writing at a time (default: 64); beyond it the one that was written to longest ago is completed.</summary>
    public int MaxOpenFiles { get; init; } = 64;

    /// <summary>Reads the section; what is wrong is reported to the topology's errors.</summary>
    public static PartitionOptions Read(TopologyNode? section)
    {
        var options = new PartitionOptions();
        if (section is null) return options;

        section.AllowKeys("by", "sortBy", "targetFileBytes", "namespace");
        options = options with { TargetFileBytes = section.GetBytes("targetFileBytes", options.TargetFileBytes) };
        if (options.TargetFileBytes < 1 << 20) section.Get("targetFileBytes")?.Report("targetFileBytes must be at least 1MiB.");
        if (section.Get("by") is { } by) options = options with { PartitionBy = ReadFields(by) };
        if (section.Get("sortBy") is { } sortBy) options = options with { SortBy = [.. sortBy.Items.Select(item => item.AsText())] };
        return options;
    }

    private static List<PartitionField> ReadFields(TopologyNode by)
    {
        var fields = new List<PartitionField>();
        foreach (var item in by.Items)
        {
            if (Parse(item.AsText()) is not { } field)
            {
                item.Report($"'{item.AsText()}' is not a partition field; write a column, or day(log_time), hour(log_time), bucket(16, vehicle_id), truncate(4, channel).");
            }
            else if (fields.Any(other => other.Name == field.Name))
            {
                item.Report($"The partition field {field.Name} is there twice; remove one.");
            }
            else
            {
                fields.Add(field);
            }
        }

        return fields;
    }

    private static PartitionField? Parse(string text)
    {
        var match = FieldPattern().Match(text);
        if (!match.Success) return null;
        string column = match.Groups["column"].Value;
        if (!match.Groups["transform"].Success) return new PartitionField(column, PartitionTransform.Identity);
        if (!Enum.TryParse<PartitionTransform>(match.Groups["transform"].Value, ignoreCase: true, out var transform)) return null;

        bool takesNumber = transform is PartitionTransform.Bucket or PartitionTransform.Truncate;
        bool hasNumber = match.Groups["number"].Success;
        if (takesNumber != hasNumber) return null;
        if (!hasNumber) return new PartitionField(column, transform);
        return int.TryParse(match.Groups["number"].Value, out int number) && number > 0 ? new PartitionField(column, transform, number) : null;
    }

    [GeneratedRegex(@"^\s*(?:(?<transform>[a-z]+)\(\s*(?:(?<number>\d+)\s*,\s*)?(?<column>\w+)\s*\)|(?<column>\w+))\s*$")]
    private static partial Regex FieldPattern();
}
