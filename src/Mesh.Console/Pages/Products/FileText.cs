using Mesh.Commands.Queries.Tables;

namespace Mesh.Console.Pages.Products;

/// <summary>Files as tables show them.</summary>
public static class FileText
{
    /// <summary>The last part of an address.</summary>
    public static string NameOf(string uri) => uri[(uri.LastIndexOf('/') + 1)..];

    /// <summary>The partition: <c>log_time_day=2026-01-05, vehicle_id=V7</c>.</summary>
    public static string PartitionOf(DataFileView file) => file.Partition.Count == 0 ? "–" : string.Join(", ", file.Partition.Select(field => $"{field.Key}={field.Value ?? "absent"}"));
}
