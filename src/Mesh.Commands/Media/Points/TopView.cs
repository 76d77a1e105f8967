using Mesh.Commands.Media.Images;

namespace Mesh.Commands.Media.Points;

/// <summary>
/// A cloud from above: each cell has the colour of its highest point, and the background's where there is none. Forward (+x) is up, left (+y) is left.
/// </summary>
public sealed class TopView
{
    private readonly TopViewOptions options;

    /// <summary>Draws a cloud.</summary>
    public TopView(PointCloud cloud, TopViewOptions options)
    {
        this.options = options;
        Cells = new byte[options.Pixels * options.Pixels];
        double scale = options.Pixels / (2 * options.Metres), bands = 254 / (options.High - options.Low);
        for (int i = 0; i < cloud.Count; i++)
        {
            var (x, y, z) = cloud.PointAt(i);
            if (!double.IsFinite(x) || !double.IsFinite(y) || !double.IsFinite(z))
            {
                Invalid++;
                continue;
            }

            // Floor before the cast, which would round what lies just outside towards the inside.
            double row = Math.Floor((options.Metres - x) * scale), column = Math.Floor((options.Metres - y) * scale);
            if (!(row >= 0 && row < options.Pixels && column >= 0 && column < options.Pixels))
            {
                Outside++;
                continue;
            }

            Drawn++;
            byte band = (byte)(1 + Math.Clamp((z - options.Low) * bands, 0, 254));
            ref byte cell = ref Cells[(int)row * options.Pixels + (int)column];
            if (band > cell) cell = band;
        }
    }

    /// <summary>0 for an empty cell, else 1 to 255 for the height, row by row.</summary>
    public byte[] Cells { get; }

    /// <summary>Points within the picture.</summary>
    public int Drawn { get; }

    /// <summary>Points beyond its edges.</summary>
    public int Outside { get; }

    /// <summary>Points without a place: NaN or infinite.</summary>
    public int Invalid { get; }

    /// <summary>The picture as PNG.</summary>
    public byte[] ToPng() => PngWriter.WriteIndexed(options.Pixels, options.Pixels, Cells, TopViewPalette.Of(options.IsDark));
}
