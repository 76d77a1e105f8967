using System.Globalization;
using System.Text;

namespace Mesh.Console.Graphs;

/// <summary>An edge with its course.</summary>
/// <param name="Edge">The edge.</param>
/// <param name="Points">
/// Where it goes. From left to right in pairs: out of a node or a lane, into the next; it swings between the columns and is straight within them.
/// Backwards as the corners of a line below everything.
/// </param>
/// <param name="IsFeedback">Whether it leads back to where the flow came from.</param>
public sealed record PlacedEdge(GraphEdge Edge, IReadOnlyList<GraphPoint> Points, bool IsFeedback)
{
    private const double Corner = 6;

    /// <summary>The course as the <c>d</c> of an SVG path.</summary>
    public string Path
    {
        get
        {
            var path = new StringBuilder();
            Append(path, 'M', Points[0]);
            if (IsFeedback) AppendCorners(path);
            else AppendSwings(path);
            return path.ToString();
        }
    }

    private void AppendSwings(StringBuilder path)
    {
        for (int i = 1; i < Points.Count; i++)
        {
            var (from, to) = (Points[i - 1], Points[i]);
            if (i % 2 == 0 || from.Y == to.Y)
            {
                Append(path, 'L', to);
                continue;
            }

            double middle = (from.X + to.X) / 2;
            Append(path, 'C', new GraphPoint(middle, from.Y), new GraphPoint(middle, to.Y), to);
        }
    }

    private void AppendCorners(StringBuilder path)
    {
        for (int i = 1; i < Points.Count - 1; i++)
        {
            var corner = Points[i];
            Append(path, 'L', Towards(corner, Points[i - 1]));
            Append(path, 'Q', corner, Towards(corner, Points[i + 1]));
        }

        Append(path, 'L', Points[^1]);
    }

    private static GraphPoint Towards(GraphPoint from, GraphPoint to)
    {
        double length = Math.Abs(to.X - from.X) + Math.Abs(to.Y - from.Y);
        double share = length == 0 ? 0 : Math.Min(Corner / length, 0.5);
        return new GraphPoint(from.X + ((to.X - from.X) * share), from.Y + ((to.Y - from.Y) * share));
    }

    private static void Append(StringBuilder path, char command, params ReadOnlySpan<GraphPoint> points)
    {
        path.Append(command);
        for (int i = 0; i < points.Length; i++) path.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? " " : "")}{points[i].X:0.#},{points[i].Y:0.#}");
    }
}
