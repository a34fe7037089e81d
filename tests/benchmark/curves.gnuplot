# Draws a file of --curves: gnuplot -e "data='NAME.data'; picture='NAME.svg'" curves.gnuplot
# Its first line names the columns, the first of which is the title.
set terminal svg size 720,420 dynamic font "sans-serif,13" background rgb "white"
set output picture
set logscale xy
set datafile missing "?"
set grid
set key outside right
set xlabel "services"
title = system(sprintf("head -n 1 '%s' | cut -d '\"' -f 2", data))
columns = int(system(sprintf("head -n 1 '%s' | tr -cd '\"' | wc -c", data))) / 2
set title title
# Runvisor's comes first, and is drawn thickest.
plot for [column = 2:columns] data using 1:column title columnheader(column) \
  with linespoints linewidth (column == 2 ? 3 : 1) pointsize 0.6
