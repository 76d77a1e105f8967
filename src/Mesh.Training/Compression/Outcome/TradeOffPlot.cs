using System.Globalization;
using System.Security;
using System.Text;

namespace Mesh.Training.Compression.Outcome;

/// <summary>Draws a comparison as SVG: quality against size and against latency, with the spread of the latter. Dominated variants are hollow; those on the front are joined.</summary>
public static class TradeOffPlot
{
    private const int Width = 980;
    private const int Height = 460;
    private const int PanelWidth = 370;
    private const int PanelHeight = 300;
    private const int Top = 80;
    private const int Ticks = 5;
    private const string Front = "#1b6ca8";
    private const string Behind = "#8a8a8a";

    /// <summary>Draws the rows that are compared.</summary>
    /// <param name="title">What they are of.</param>
    /// <param name="rows">Of <see cref="TradeOff.Of"/>.</param>
    public static string Draw(string title, IReadOnlyList<TradeOffRow> rows)
    {
        bool byAccuracy = TradeOff.ByAccuracy(rows);
        var compared = rows.Where(row => row.IsCompared && row.Quality(byAccuracy) is not null).ToList();
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<title>Variants of {Escape(title)}</title>\n<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>\n");
        Text(svg, 70, 30, $"Variants of {title}", "font-size=\"16\" font-weight=\"bold\"");
        int failed = rows.Count(row => !row.IsCompared);
        Text(svg, 70, 50, $"filled: on the front; hollow: dominated{(failed == 0 ? "" : FormattableString.Invariant($"; {failed} not shown, which failed or were not measured"))}", "fill=\"#555\"");
        if (compared.Count == 0) Text(svg, 70, 120, "No variant could be compared.", "");
        else
        {
            var quality = Axis.Of(compared.Select(row => row.Quality(byAccuracy)!.Value));
            string label = byAccuracy ? "accuracy" : "agreement with the parent";
            Panel(svg, 80, "size (KiB)", label, [.. compared.Select(row => new Point(row, row.Bytes!.Value / 1024.0, row.Quality(byAccuracy)!.Value, null, null))], quality);
            Panel(
                svg, 560, "latency of one sample (µs), median with shortest to 95th percentile", label,
                [.. compared.Where(row => row.LatencyUs is not null).Select(row => new Point(row, row.LatencyUs!.P50, row.Quality(byAccuracy)!.Value, row.LatencyUs.Min, row.LatencyUs.P95))], quality);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Panel(StringBuilder svg, int left, string xLabel, string yLabel, IReadOnlyList<Point> points, Axis quality)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({left} {Top})\">\n<rect width=\"{PanelWidth}\" height=\"{PanelHeight}\" fill=\"none\" stroke=\"#ccc\"/>\n");
        var axis = Axis.Of(points.SelectMany(point => new[] { point.X, point.Low ?? point.X, point.High ?? point.X }).Append(0));
        double AtX(double value) => axis.At(value) * PanelWidth;
        double AtY(double value) => PanelHeight - quality.At(value) * PanelHeight;
        for (int i = 0; i <= Ticks; i++)
        {
            double share = i / (double)Ticks, x = share * PanelWidth, y = PanelHeight - share * PanelHeight;
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x:0.#}\" x2=\"{x:0.#}\" y1=\"{PanelHeight}\" y2=\"{PanelHeight + 4}\" stroke=\"#888\"/><line x1=\"-4\" x2=\"0\" y1=\"{y:0.#}\" y2=\"{y:0.#}\" stroke=\"#888\"/>\n");
            Text(svg, x, PanelHeight + 18, Number(axis.ValueAt(share)), "text-anchor=\"middle\"");
            Text(svg, -8, y + 4, Number(quality.ValueAt(share)), "text-anchor=\"end\"");
        }

        Text(svg, PanelWidth / 2.0, PanelHeight + 42, xLabel, "text-anchor=\"middle\"");
        svg.Append(CultureInfo.InvariantCulture, $"<text transform=\"translate(-58 {PanelHeight / 2}) rotate(-90)\" text-anchor=\"middle\">{Escape(yLabel)}</text>\n");
        var front = points.Where(point => point.Row.DominatedBy is null).OrderBy(point => point.X).ThenBy(point => point.Y).ToList();
        if (front.Count > 1)
        {
            string line = string.Join(' ', front.Select(point => FormattableString.Invariant($"{AtX(point.X):0.#},{AtY(point.Y):0.#}")));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{line}\" fill=\"none\" stroke=\"{Front}\" stroke-dasharray=\"4 3\"/>\n");
        }

        double lastLabel = double.NegativeInfinity;
        foreach (var point in points.OrderByDescending(point => point.Y).ThenBy(point => point.X)) lastLabel = Mark(svg, point, AtX, AtY, lastLabel);
        svg.Append("</g>\n");
    }

    private static double Mark(StringBuilder svg, Point point, Func<double, double> atX, Func<double, double> atY, double lastLabel)
    {
        double x = atX(point.X), y = atY(point.Y);
        bool isFront = point.Row.DominatedBy is null;
        string colour = isFront ? Front : Behind;
        if (point is { Low: { } low, High: { } high }) svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{atX(low):0.#}\" x2=\"{atX(high):0.#}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\" stroke=\"{colour}\"/>\n");
        string about = isFront ? point.Row.Name : $"{point.Row.Name}, dominated by {point.Row.DominatedBy}";
        svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"5\" stroke=\"{colour}\" stroke-width=\"2\" fill=\"{(isFront ? colour : "white")}\"><title>{Escape(about)}</title></circle>\n");

        // Variants for different targets often have the same size and quality; their names go below each other.
        double label = Math.Max(y - 8, lastLabel + 14);
        bool isRight = x > PanelWidth * 0.6;
        Text(svg, isRight ? x - 9 : x + 9, label, point.Row.Name, FormattableString.Invariant($"fill=\"{colour}\"{(isRight ? " text-anchor=\"end\"" : "")}"));
        return label;
    }

    private static void Text(StringBuilder svg, double x, double y, string text, string attributes) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" {attributes}>{Escape(text)}</text>\n");

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : Math.Abs(value) >= 10 ? "0.#" : "0.###", CultureInfo.InvariantCulture);

    private static string Escape(string text) => SecurityElement.Escape(text);

    private sealed record Point(TradeOffRow Row, double X, double Y, double? Low, double? High);

    /// <summary>A range with some room at both ends.</summary>
    private readonly record struct Axis(double Min, double Max)
    {
        public static Axis Of(IEnumerable<double> values)
        {
            double[] all = [.. values];
            double min = all.Min(), max = all.Max();
            double room = max > min ? (max - min) * 0.08 : Math.Max(Math.Abs(max) * 0.05, 0.01);
            return new Axis(min == 0 ? 0 : min - room, max + room);
        }

        public double At(double value) => (value - Min) / (Max - Min);

        public double ValueAt(double share) => Min + share * (Max - Min);
    }
}
