using System.Globalization;
using Mesh.Commands.Flow;
using Mesh.Console.Components;
using Mesh.Console.Live;

namespace Mesh.Console.Pages.Flow;

/// <summary>How the pages of the flow write what is measured.</summary>
internal static class FlowText
{
    /// <summary>A rate as the live values write it: <c>1,234/s</c>.</summary>
    public static string Rate(double perSecond) => LiveValues.Rate(perSecond);

    /// <summary>A rate with its unit: <c>12/s messages</c> or <c>1.4 MiB/s</c>.</summary>
    public static string Rate(double perSecond, string unit) => unit == "bytes" ? Format.Bytes(perSecond) + "/s" : unit.Length == 0 ? Rate(perSecond) : $"{unit} {Rate(perSecond)}";

    /// <summary>What a kind is called.</summary>
    public static string Word(FlowKind kind) => kind switch
    {
        FlowKind.Trigger => "rule",
        FlowKind.Job => "pool",
        _ => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>What several of a kind are called.</summary>
    public static string Words(FlowKind kind) => kind == FlowKind.Stage ? "stages" : Word(kind) + "s";

    /// <summary>What a health is called.</summary>
    public static string Word(FlowHealth health) => health switch
    {
        FlowHealth.Ok => "ok",
        FlowHealth.Late => "late",
        FlowHealth.Broken => "broken",
        _ => "not measured",
    };

    /// <summary>The badge of a health.</summary>
    public static string Badge(FlowHealth health) => health switch
    {
        FlowHealth.Ok => "ok",
        FlowHealth.Late => "warn",
        FlowHealth.Broken => "bad",
        _ => "idle",
    };

    /// <summary>The badge of a stage's state.</summary>
    public static string StageBadge(string state) => state switch { "running" => "ok", "restarting" => "warn", _ => "bad" };

    /// <summary>At most so many characters of a name, the end of it where it does not fit.</summary>
    public static string Fit(string text, int characters) => text.Length <= characters ? text : string.Concat("…", text.AsSpan(text.Length - characters + 1));

    /// <summary>One thing or several: <c>1 letter</c>, <c>312 letters</c>.</summary>
    public static string Count(long count, string one, string? several = null) => $"{Format.Count(count)} {(count == 1 ? one : several ?? one + "s")}";

    /// <summary>Hexadecimal digits in rows of sixteen bytes, with their place and what of them can be read.</summary>
    public static IEnumerable<string> HexRows(string hex)
    {
        for (int at = 0; at < hex.Length; at += 32)
        {
            string row = hex[at..Math.Min(at + 32, hex.Length)];
            var bytes = Enumerable.Range(0, row.Length / 2).Select(i => row.Substring(i * 2, 2)).ToList();
            string readable = string.Concat(bytes.Select(each => Convert.ToByte(each, 16)).Select(value => value is >= 0x20 and < 0x7f ? (char)value : '·'));
            yield return string.Create(CultureInfo.InvariantCulture, $"{at / 2:x6}  {string.Join(' ', bytes),-47}  {readable}");
        }
    }
}
