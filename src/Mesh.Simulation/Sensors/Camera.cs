using Mesh.Simulation.Vehicle;

namespace Mesh.Simulation.Sensors;

/// <summary>
/// Draws what a front camera sees: sky, grass, a road that bends with its curvature and shifts with the vehicle's place in the lane, dashes
/// that pass with the distance driven.
/// </summary>
internal sealed class Camera(int width, int height)
{
    private const byte Road = 16, Verge = 17, Grass = 18, DarkGrass = 19, Line = 20;
    private const double RoadHalfWidth = 5.5;
    private const double LaneWidth = 3.5;
    private const double LineHalfWidth = 0.09;

    private readonly byte[] pixels = new byte[width * height];
    private readonly PngEncoder encoder = new(width, height, Palette());

    /// <summary>A frame as PNG; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Capture(in VehicleState state)
    {
        // Nose down when braking: the horizon rises in the picture.
        int horizon = Math.Clamp((int)(height * (0.42 + 0.006 * state.Acceleration)), 1, height - 2);
        for (int row = 0; row < horizon; row++) pixels.AsSpan(row * width, width).Fill((byte)(row * 16 / horizon));
        for (int row = horizon; row < height; row++) DrawGround(in state, row, horizon);
        return encoder.Encode(pixels);
    }

    private void DrawGround(in VehicleState state, int row, int horizon)
    {
        // Pinhole camera 1.3 m above a flat road; focal length about the picture's width.
        double focal = width * 0.9;
        double ahead = 1.3 * focal / (row - horizon + 0.5);
        double metresPerPixel = ahead / focal;
        double bend = Math.Clamp((state.RoadCurvature - 0.5 * (state.RoadCurvature - state.YawRate / Math.Max(state.Speed, 3))) * ahead * ahead / 2, -200, 200);
        var line = pixels.AsSpan(row * width, width);
        double travelled = state.Distance + ahead;
        bool isDash = travelled - 12 * Math.Floor(travelled / 12) < 5;
        bool isBand = ((long)Math.Floor(travelled / 8) & 1) == 0;
        double reach = Math.Max(LineHalfWidth, metresPerPixel / 2);
        for (int x = 0; x < width; x++)
        {
            // Metres to the left of the middle of the lane the vehicle is in.
            double left = (width / 2 - x) * metresPerPixel - bend + state.LaneOffset;
            double fromRoad = Math.Abs(left - LaneWidth / 2);
            line[x] = fromRoad > RoadHalfWidth + 0.6 ? (isBand ? Grass : DarkGrass)
                : fromRoad > RoadHalfWidth ? Verge
                : Math.Abs(left + LaneWidth / 2) < reach || Math.Abs(left - 1.5 * LaneWidth) < reach || (isDash && Math.Abs(left - LaneWidth / 2) < reach) ? Line
                : Road;
        }
    }

    private static byte[] Palette()
    {
        byte[] palette = new byte[21 * 3];
        for (int i = 0; i < 16; i++) Set(i, 90 + 8 * i, 140 + 6 * i, 220 + 2 * i);
        Set(Road, 70, 70, 74);
        Set(Verge, 120, 110, 90);
        Set(Grass, 60, 120, 50);
        Set(DarkGrass, 52, 108, 44);
        Set(Line, 235, 235, 230);
        return palette;

        void Set(int index, int red, int green, int blue)
        {
            palette[index * 3] = (byte)red;
            palette[index * 3 + 1] = (byte)green;
            palette[index * 3 + 2] = (byte)blue;
        }
    }
}
